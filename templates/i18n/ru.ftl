### Что люди читают на страницах Latchkey. Каждый ключ есть в каждом языке; проверка сравнивает их со страницами.

## На нескольких страницах

sign-in = Войти
sign-up = Создать аккаунт
sign-out = Выйти
sign-out-of = Выйти из аккаунта { $account }
sign-out-of-all = Выйти из всех аккаунтов
change = Изменить
set-up = Подключить
sign-in-once-more = Войти ещё раз
continue = Продолжить
back-to-client = Вернуться в { $client }
identifier = Электронная почта или имя пользователя
email = Электронная почта
username = Имя пользователя
name = Ваше имя
optional = (необязательно)
choose-account = Выберите аккаунт
another-account = Войти в другой аккаунт
no-account = Впервые здесь?
have-account = Уже есть аккаунт?
anonymous-name = Гость
anonymous-go-on = Продолжить без аккаунта
anonymous-go-on-again = Продолжить как гость
sign-in-anonymous-refused = Продолжить здесь без аккаунта нельзя. Войдите, пожалуйста.
sign-in-with = Продолжить через { $provider }
sign-in-last-used = В прошлый раз
sign-in-provider-off = Недоступно
sign-in-provider-silent = Не отвечает
sign-in-upstream-denied = Другой сервис не выполнил вход. Попробуйте ещё раз или войдите другим способом.
sign-in-upstream-not-allowed = Эту учётную запись здесь использовать нельзя. Попробуйте другую или войдите иначе.
sign-in-upstream-off = Сейчас так войти нельзя. Войдите, пожалуйста, другим способом.
sign-in-upstream-unreachable = Другой сервис сейчас не отвечает. Попробуйте позже или войдите другим способом.
sign-in-upstream-failed = Войти через другой сервис не удалось. Попробуйте ещё раз или войдите другим способом.
sign-in-upstream-refused = Этим аккаунтом нельзя пользоваться.
sign-in-channel-not-confirmed = Этот вход не подтверждён в чате или уже использован. Начните заново.
telegram-title = Вход через Telegram
telegram-needs-script = Ответ Telegram может прочитать только скрипт. Разрешите скрипты для этой страницы или войдите другим способом.
telegram-another-way = Войти другим способом
telegram-confirm-title = Войти как { $person }?
telegram-confirm-lead = Вы пришли сюда по кнопке бота { $bot } в Telegram.
telegram-confirm-advice = Если вы не нажимали её только что, не входите: возможно, кто-то прислал вам ссылку на свой аккаунт.
telegram-confirm-no = Не входить
new-here-title = Добро пожаловать
new-here-lead = Ваш аккаунт в { $provider } ещё не связан с аккаунтом здесь.
new-here-known = Этот адрес есть у аккаунта здесь. Войдите в него, и тогда вы сможете связать с ним аккаунт в { $provider }.
new-here-closed = Новые аккаунты так не создаются. Если у вас есть аккаунт здесь, войдите в него, и тогда вы сможете связать с ним аккаунт в { $provider }.
new-here-create = Создать аккаунт
new-here-connect = Войти в мой аккаунт здесь
connect-title = Связать аккаунт в { $provider }?
connect-meaning = Кто может войти в этот аккаунт в { $provider }, сможет войти и в ваш аккаунт здесь. Связывайте его, только если он ваш.
connect-yes = Связать
connect-later = Не сейчас
problem = Ошибка:
# $time: дата и время.
try-again-from = Попробовать снова можно будет: { $time }.
fix-these = Исправьте, пожалуйста:

# Ссылки и языки внизу каждой страницы.
language-switch = Язык
site-support = Помощь
site-policy = Конфиденциальность
site-terms = Условия

## Когда это было

ago-now = только что
ago-minutes = { $count ->
    [one] { $count } минуту назад
    [few] { $count } минуты назад
   *[other] { $count } минут назад
}
ago-hours = { $count ->
    [one] { $count } час назад
    [few] { $count } часа назад
   *[other] { $count } часов назад
}
ago-days = { $count ->
    [one] { $count } день назад
    [few] { $count } дня назад
   *[other] { $count } дней назад
}
ago-months = { $count ->
    [one] { $count } месяц назад
    [few] { $count } месяца назад
   *[other] { $count } месяцев назад
}
ago-years = { $count ->
    [one] { $count } год назад
    [few] { $count } года назад
   *[other] { $count } лет назад
}

## Пароли

password = Пароль
password-new = Новый пароль
password-show = Показать пароль
password-show-new = Показать новый пароль
password-show-current = Показать текущий пароль
password-caps-lock = Включён Caps Lock.
password-advice = { $least ->
    [one] Не меньше { $least } символа. Несколько не связанных между собой слов легко запомнить и трудно угадать.
   *[other] Не меньше { $least } символов. Несколько не связанных между собой слов легко запомнить и трудно угадать.
}
# Вместо $count скрипт у поля подставляет, сколько символов уже введено.
password-count = { $least ->
    [one] { $count } из { $least } символа
   *[other] { $count } из { $least } символов
}
password-long-enough = Длина достаточная.
password-missing = Введите пароль.
password-too-short = { $least ->
    [one] Пароль слишком короткий. Нужно не меньше { $least } символа.
   *[other] Пароль слишком короткий. Нужно не меньше { $least } символов.
}
password-too-long = Пароль слишком длинный. Придумайте пароль короче.
password-own-words = Этот пароль составлен из вашего имени, адреса почты или названия этого сайта. Используйте другие слова.
password-stolen = Этот пароль или очень похожий на него есть в списках украденных паролей. Придумайте другой.
password-too-common = Этот пароль слишком легко угадать. Придумайте более сложный.

## Вход

sign-in-title = Вход
sign-in-for-client = чтобы продолжить в { $client }
keep-signed-in = Запомнить меня на этом устройстве
sign-in-accounts = Выбрать аккаунт, в который здесь уже выполнен вход
sign-in-again = Войдите ещё раз, чтобы подтвердить, что это вы.
sign-in-wants-passkey = Приложению { $client } нужен ваш ключ доступа. Войдите, пожалуйста, с ним.
sign-in-other-account = Приложение { $client } ожидает другой аккаунт. Войдите, пожалуйста, в тот аккаунт.
sign-in-identifier-missing = Введите адрес электронной почты или имя пользователя.
sign-in-refused = Не удалось войти: неверный адрес электронной почты, имя пользователя или пароль. Проверьте, что всё введено правильно, и попробуйте ещё раз. После нескольких попыток сначала подождите минуту.
sign-in-too-many-tries = { $seconds ->
    [one] Слишком много попыток. Подождите { $seconds } секунду и попробуйте снова.
    [few] Слишком много попыток. Подождите { $seconds } секунды и попробуйте снова.
   *[other] Слишком много попыток. Подождите { $seconds } секунд и попробуйте снова.
}
sign-in-by-mail = Войти с кодом из письма
sign-in-by-password = Войти с паролем
sign-in-by-mail-title = Вход через почту
sign-in-by-mail-advice = Введите адрес электронной почты. Мы отправим на него письмо с кодом.
sign-in-by-mail-sent = Если аккаунт с адресом { $address } существует, на него отправлено письмо с кодом. Введите код здесь или откройте ссылку из письма в этом браузере.
sign-in-by-mail-number = Если открыть ссылку в другом браузере, он спросит это число: { $number }
sign-in-by-mail-link = Вы открыли ссылку из нашего письма.
sign-in-by-mail-other = Вы запросили письмо не в этом браузере. Введите число, которое показано в том браузере, где вы его запросили. Если вы не запрашивали письмо, закройте эту страницу.
number = Число
number-wrong = Неверное число. Оно показано в браузере, где вы запросили письмо.
passkey-sign-in = Войти с ключом доступа
passkey-failed = Ключ доступа не использован. Попробуйте ещё раз или войдите другим способом.
passkey-unable = Ваш браузер не умеет работать с ключами доступа или в нём отключены скрипты.
passkey-too-late = Прошло слишком много времени. Попробуйте ещё раз.
passkey-unknown = Этого ключа доступа здесь больше нет. Войдите другим способом или с другим ключом.
passkey-refused = Не удалось войти с этим ключом доступа. Попробуйте ещё раз или войдите другим способом.
passkey-offer-title = В следующий раз входите быстрее
passkey-offer-create = Создать ключ доступа
passkey-offer-later = Не сейчас
passkey-offer-advice = Его можно создать в любое время в разделе «Безопасность» вашего аккаунта.
second-factor-passkey-title = Используйте ключ доступа
second-factor-passkey = Чтобы продолжить, подтвердите ключом доступа, что это вы.
second-factor-passkey-lost = Не могу воспользоваться ключом доступа
second-factor-passkey-help = Если первый ключ доступа добавлен за последние 7 дней, возможно, его удастся удалить, задав новый пароль через почту. В остальных случаях обратитесь за помощью в { $operator }.
second-factor-passkey-ask = Обратитесь за помощью в { $operator }.
trouble-title = Не получается войти?
trouble-typing = Проверьте, что Caps Lock выключен и выбрана нужная раскладка клавиатуры.
trouble-forgotten = Забыли пароль? Попросите у { $operator } ссылку, чтобы задать новый.
trouble-reset = Задать новый пароль через почту
trouble-support = Обратиться за помощью в { $operator }

## Второй фактор

second-factor-title = Введите код
second-factor-code = Код из приложения-аутентификатора
second-factor-hint = Шесть цифр, которые меняются каждые 30 секунд.
second-factor-recovery-open = Нет доступа к приложению
second-factor-recovery-code = Код восстановления
second-factor-recovery-left = { $count ->
    [one] У вас { $count } неиспользованный код восстановления. Каждый код действует один раз.
    [few] У вас { $count } неиспользованных кода восстановления. Каждый код действует один раз.
   *[other] У вас { $count } неиспользованных кодов восстановления. Каждый код действует один раз.
}
second-factor-recovery-none = У вас не осталось кодов восстановления. Обратитесь за помощью в { $operator }.
second-factor-trust = { $days ->
    [one] Не спрашивать код в этом браузере { $days } день
    [few] Не спрашивать код в этом браузере { $days } дня
   *[other] Не спрашивать код в этом браузере { $days } дней
}
second-factor-asked-for = Приложение { $client } просит войти со вторым фактором.
second-factor-not-now = Не сейчас
second-factor-required = { $operator } требует второй фактор для вашего аккаунта.
second-factor-missing = Введите код из приложения-аутентификатора.
second-factor-wrong = Код неверный или уже использован. Введите код, который приложение показывает сейчас.
second-factor-recovery-wrong = Код восстановления неверный или уже использован.
second-factor-same-sheet = Ваш пароль задан с кодом восстановления, поэтому ещё одного такого кода здесь недостаточно. Введите код из приложения-аутентификатора.
second-factor-too-many-tries = { $minutes ->
    [one] Слишком много неверных кодов. Подождите { $minutes } минуту и попробуйте снова.
    [few] Слишком много неверных кодов. Подождите { $minutes } минуты и попробуйте снова.
   *[other] Слишком много неверных кодов. Подождите { $minutes } минут и попробуйте снова.
}
second-factor-over = Слишком много неверных кодов. Войдите ещё раз, пожалуйста.

## Проверка перед регистрацией

challenge-working = Секунду: браузер выполняет короткое вычисление, которое защищает от автоматических регистраций.
challenge-without-scripts = Браузер не выполняет здесь скрипты. Заполняйте форму не меньше 20 секунд.
challenge-unproven = Введите пароль ещё раз и отправьте форму снова. Сначала браузер должен показать, что регистрация не автоматическая.
challenge-too-early = { $seconds ->
    [one] Подождите { $seconds } секунду, введите пароль ещё раз и отправьте форму снова.
    [few] Подождите { $seconds } секунды, введите пароль ещё раз и отправьте форму снова.
   *[other] Подождите { $seconds } секунд, введите пароль ещё раз и отправьте форму снова.
}

## Новый аккаунт

sign-up-title = Создайте аккаунт
sign-up-for-client = чтобы продолжить в { $client }
invitation-code = Код приглашения
sign-up-invitation-missing = Введите код приглашения. Аккаунты создаются только по приглашению.
sign-up-invitation-invalid = Это приглашение не действует. Возможно, в коде опечатка, он уже использован, истёк или предназначен для другого адреса. Попросите новое приглашение у того, кто вас пригласил.
sign-up-username-hint = Выберите любое свободное имя. Вы получите коды восстановления на случай, если забудете пароль.
sign-up-username-missing = Выберите имя пользователя.
sign-up-username-malformed = Имя пользователя состоит из букв одного алфавита, цифр, точек, подчёркиваний и дефисов.
sign-up-username-taken = Это имя или похожее на него уже занято. Выберите другое.
sign-up-email-missing = Введите адрес электронной почты.
sign-up-email-malformed = Введите правильный адрес электронной почты, например anna@example.com.
sign-up-email-domain = С адресом в этом домене создать аккаунт нельзя. Укажите адрес, который дала вам ваша организация.
sign-up-email-taken = Аккаунт с этим адресом уже есть. Войдите в него или укажите другой адрес.
sign-up-done = Ваш аккаунт готов.
sign-up-again-title = Ваш аккаунт готов
sign-up-again = Аккаунт { $account } создан, и вы уже входили в него в этом браузере.
sign-up-again-codes = Коды восстановления были показаны один раз, при создании аккаунта. Если вы их не сохранили, создайте новые.
sign-up-terms = Я принимаю условия использования
sign-up-terms-missing = Чтобы создать аккаунт, примите условия использования.
terms-read = Прочитать условия
terms-policy = Прочитать политику конфиденциальности
terms-title = Наши условия использования
terms-advice = Чтобы продолжить в { $client }, примите условия { $operator } (версия { $version }).
terms-changed = Условия { $operator } изменились. Чтобы продолжить в { $client }, примите версию { $version }.
terms-accept = Принять
terms-deny = Не принимать
terms-deny-meaning = Если вы не примете условия, вы вернётесь в { $client } без входа. Аккаунт останется, и вы сможете его удалить или скачать свои данные.
sign-up-code-title = Подтвердите адрес электронной почты
sign-up-start-again = Начать сначала
sign-up-code-sent = Мы отправили письмо на { $address }. Введите код из него здесь, чтобы создать аккаунт.
sign-up-name-too-long = Слишком длинное имя. Сократите его, пожалуйста.
sign-up-keep = Сохранить то, что я делал(а) здесь как гость
sign-up-keep-meaning = Приложения, которыми здесь пользовались, будут узнавать вас как того же человека и сохранят доступ. Ваше имя и адрес они увидят, только когда вы снова их откроете. Если у вас уже есть аккаунт, войдите в него: эти два аккаунта не объединяются.
sign-up-nothing-to-keep = Сохранить то, что было сделано здесь в качестве гостя, нельзя: доступ закончился или уже относится к аккаунту. Введите пароль ещё раз, чтобы создать аккаунт без этого.

## Письма по просьбе

letter-send = Отправить письмо
letter-sent-title = Проверьте почту
letter-again = Отправить ещё раз
letter-not-there = Письма нет? Загляните в папку «Спам» и проверьте, что вы ввели. Если через минуту письма всё ещё нет, отправьте его ещё раз.
letter-not-there-start-again = Письма нет? Начать заново
code = Код
code-missing = Введите шесть цифр из письма.
code-wrong = Неверный код. Проверьте его и попробуйте снова.
code-over = Этот код больше не действует. Запросите новое письмо.
code-confirm = Подтвердить
letter-too-many = { $minutes ->
    [one] Слишком много писем. Подождите { $minutes } минуту и попробуйте снова.
    [few] Слишком много писем. Подождите { $minutes } минуты и попробуйте снова.
    [many] Слишком много писем. Подождите { $minutes } минут и попробуйте снова.
   *[other] Слишком много писем. Подождите { $minutes } минуты и попробуйте снова.
}
forgot-password-title = Новый пароль
forgot-password-advice = Введите электронную почту или имя пользователя. Если такой аккаунт есть, мы отправим ссылку на его адрес почты.
forgot-password-by-code = Задать новый пароль с кодом восстановления
recovery-code-title = Новый пароль с кодом восстановления
recovery-code-advice = Если у вашего аккаунта нет адреса электронной почты или первый адрес появился за последние семь дней, новый пароль можно задать по имени пользователя и одному из кодов восстановления.
recovery-code-missing = Введите один из своих кодов восстановления.
recovery-code-refused = Имя пользователя и код восстановления не подходят друг к другу, код уже использован, или у аккаунта есть адрес электронной почты: тогда запросите ссылку.
recovery-code-over = Страница была открыта слишком долго. Введите имя пользователя и код восстановления ещё раз: код по-прежнему действует.
forgot-password-newest = Возможно, письмо уже пришло: найдите самое новое, в том числе в папке «Спам». Если ссылкой из него ещё не пользовались, она работает.
forgot-password-sent = { $minutes ->
    [one] Если аккаунт { $identifier } существует, на его адрес почты отправлено письмо со ссылкой. Ссылка действует { $minutes } минуту.
    [few] Если аккаунт { $identifier } существует, на его адрес почты отправлено письмо со ссылкой. Ссылка действует { $minutes } минуты.
    [many] Если аккаунт { $identifier } существует, на его адрес почты отправлено письмо со ссылкой. Ссылка действует { $minutes } минут.
   *[other] Если аккаунт { $identifier } существует, на его адрес почты отправлено письмо со ссылкой. Ссылка действует { $minutes } минуты.
}

## Установка пароля

set-password-title = Придумайте пароль
set-password-for = для аккаунта { $identifier }
set-password = Сохранить пароль
set-password-recover = Эта ссылка удаляет из аккаунта приложение-аутентификатор, коды восстановления и ключи доступа и завершает все сеансы.
set-password-take-back = Эта ссылка снова сделает { $old } адресом электронной почты аккаунта и завершит все сеансы.
set-password-take-back-gone = Эти адреса будут удалены из аккаунта:
set-password-take-back-own = Если вы изменили адрес сами, закройте эту страницу: пока ничего не произошло.
set-password-recent = Добавлено в ваш аккаунт за последние 7 дней. Отметьте то, что добавили не вы, и оно будет удалено:
# $time is how long ago.
set-password-recent-since = Добавлено { $time }

## Согласие

consent-title = Доступ к аккаунту
consent-title-client = { $client } запрашивает доступ к вашему аккаунту
consent-asks = Приложение сможет:
consent-allow = Разрешить
consent-deny = Не разрешать
consent-destination = Вы будете перенаправлены на { $destination }.
consent-policy = Политика конфиденциальности
consent-terms = Условия использования

scope-openid = Узнавать вас
scope-openid-detail = Чтобы в следующий раз вы вернулись в тот же аккаунт.
scope-profile = Видеть ваш профиль
scope-profile-detail = Имя, фото, язык и другие данные профиля.
scope-email = Видеть ваш адрес электронной почты
scope-email-detail = И подтверждён ли он.
scope-address = Видеть ваш почтовый адрес (улица, город, индекс)
scope-address-detail = Тот, что указан в профиле.
scope-phone = Видеть ваш номер телефона
scope-phone-detail = И подтверждён ли он.
scope-offline-access = Сохранять доступ, когда вы не пользуетесь приложением
scope-offline-access-detail = Пока вы его не отзовёте.
scope-resource = Обращаться к «{ $resource }» от вашего имени
scope-of-resource = В «{ $resource }»
scope-other = Использовать разрешение «{ $scope }»

## Переход в приложение на устройстве

continue-as-title = Продолжить в { $client } как { $account }?
continue-as-advice = Приложение на этом устройстве хочет использовать ваш аккаунт. Продолжайте, только если вы сами его сейчас открыли.
continue-as-stop = Отмена

## Выход

sign-out-title = Выйти из { $operator }?
sign-out-meaning = В этом браузере нужно будет войти снова.
sign-out-asked = { $client } просит завершить ваш сеанс. В этом браузере нужно будет войти снова.
sign-out-stay = Не выходить
signed-out-title = Вы вышли из аккаунта
signed-out-advice = Если этим компьютером пользуетесь не только вы, закройте и окно браузера.
signed-out-others = В другие аккаунты в этом браузере вход по-прежнему выполнен.
signed-out-again = Войти снова

## Главная страница

home-signed-in = Вы вошли в аккаунт
home-signed-in-advice = Приложения, которые используют этот аккаунт, не будут снова спрашивать пароль.
home-visitor = Вы здесь как гость
home-visitor-advice = Войти в этот аккаунт нельзя. Он пропадёт, если вы выйдете или долго не будете им пользоваться.
home-signed-out = Вы не вошли в аккаунт
home-signed-out-advice = Один аккаунт { $operator } для всех приложений, которые его используют.

## Аккаунт

home-account = Управление аккаунтом
account-title = Ваш аккаунт
account-profile = Профиль
account-password = Пароль
account-sessions = Устройства
account-applications = Приложения
account-language = Язык
account-save = Сохранить
account-saved = Изменения сохранены.
account-change-again = Вы вошли снова. Пока ничего не изменено: внесите изменение теперь.
account-name-too-long = Слишком длинное имя. Сократите его, пожалуйста.
account-identifiers = Данные для входа
account-verified = Подтверждено
account-unverified = Не подтверждено
account-verify = Подтвердить
account-verify-of = Подтвердить { $address }
account-verify-title = Подтвердите адрес электронной почты
account-verify-advice = Мы отправили письмо с кодом на { $address }. Введите код здесь или откройте ссылку из письма в этом браузере.
account-verify-by-link = Подтвердите, что { $address } — ваш адрес электронной почты.
account-verified-now = Ваш адрес электронной почты подтверждён.
account-mail-word = Ваше слово в наших письмах
account-mail-word-advice = Выберите слово, которого никто не знает. Каждое письмо от { $operator } вам показывает его; письмо без него — не наше.
account-email-change = Изменить адрес электронной почты
account-email-title = Изменение адреса электронной почты
account-email-present = Сейчас это { $address }.
account-email-advice = Мы отправим код на новый адрес. Пока вы не введёте его здесь, ничего не изменится.
account-email-way-back = В течение 7 дней изменение можно отменить по ссылке в письме на нынешний адрес, если только вы не возвращаетесь к прежнему адресу. Если вашу почту там читает кто-то другой, обратитесь за помощью в { $operator }.
account-email-new = Новый адрес электронной почты
account-email-sent = Мы отправили письмо с кодом на { $address }. Введите код здесь, чтобы этот адрес стал вашим.
account-email-start-again = Письма нет? Попробовать ещё раз или указать другой адрес
account-email-taken = Этот адрес использовать нельзя. Выберите другой.
account-email-same = Это и так ваш адрес.
account-email-changed = Ваш адрес электронной почты изменён.
account-others = Другие аккаунты в этом браузере
account-password-title = Смена пароля
account-password-end-others = Выйти на всех остальных устройствах: приложения там снова попросят войти. Не снимайте отметку, если ваш пароль может знать кто-то ещё.
account-password-none = У этого аккаунта нет пароля.
account-password-current = Текущий пароль
account-password-current-missing = Введите текущий пароль.
account-password-current-wrong = Это не ваш текущий пароль.
account-password-changed = Пароль изменён. На всех других устройствах сеансы завершены.
account-password-changed-alone = Ваш пароль изменён. На остальных ваших устройствах вход сохранён.
account-data = Ваши данные
account-data-link = Скачать данные или удалить аккаунт
anonymous-meaning = Вы здесь как гость: войти в этот аккаунт нельзя, и он пропадёт, если вы выйдете или долго не будете им пользоваться.
anonymous-keep = Сохранить этот аккаунт
sign-out-anonymous = Гость, который вышел, не сможет вернуться к тому, что сделал здесь: войти в этот аккаунт нельзя.
account-profile-back = Назад к профилю
account-export-meaning = Файл со всем, что о вас хранится: профиль, данные для входа, устройства, приложения и события.
account-export = Скачать данные
account-delete-title = Удаление аккаунта
account-delete-meaning = Сеансы завершатся на всех устройствах, а приложения потеряют доступ. Данные в самих приложениях удаляют они сами.
account-delete-grace = { $days ->
    [one] Аккаунт будет удалён через { $days } день. До этого его можно сохранить, просто войдя в него.
    [few] Аккаунт будет удалён через { $days } дня. До этого его можно сохранить, просто войдя в него.
   *[other] Аккаунт будет удалён через { $days } дней. До этого его можно сохранить, просто войдя в него.
}
account-delete-sure = Да, удалить мой аккаунт
account-delete = Удалить аккаунт
account-delete-not-sure = Подтвердите, что хотите удалить аккаунт.
account-delete-last-administrator = Вы единственный администратор, который может войти, поэтому аккаунт остаётся.
account-leaving-title = Вы вышли из аккаунта на всех устройствах
account-leaving = Аккаунт будет удалён: { $time }
account-leaving-advice = Чтобы сохранить его, войдите до этого времени.
account-leaving-stay = Войти и сохранить аккаунт
account-gone-title = Ваш аккаунт удалён
account-gone = Вы вышли на всех устройствах, и вернуться в этот аккаунт нельзя.
account-gone-on = Продолжить
account-security = Безопасность
account-security-title = Защита аккаунта
account-security-on = Включено
account-security-back = Назад к безопасности
account-password-since = Изменён { $time }
passkey = Ключ доступа
passkeys = Ключи доступа
account-passkeys-manage = Изменить ключи доступа
account-passkeys-count = { $count ->
    [0] Вход по отпечатку пальца, лицу или блокировке экрана, без пароля.
    [one] { $count } ключ доступа
    [few] { $count } ключа доступа
   *[other] { $count } ключей доступа
}
account-passkeys-meaning = С ключом доступа вы входите по отпечатку пальца, лицу или блокировке экрана. Его нельзя выдать поддельной странице.
account-passkey-add = Добавить ключ доступа
account-passkey-added = Ключ доступа добавлен.
account-passkey-renamed = Ключ доступа переименован.
account-passkey-removed = Ключ доступа удалён. Сеансы на других устройствах, начатые с ним, завершены. Если устройство всё ещё его предлагает, удалите его и там.
account-passkey-failed = Ключ доступа не создан. Возможно, на этом устройстве уже есть ключ для вашего аккаунта.
account-passkey-refused = Не удалось добавить этот ключ доступа. Попробуйте ещё раз.
account-passkey-not-added = Ключ доступа не добавлен: с вашего входа прошло слишком много времени. Добавьте его ещё раз. Если ключ остался на устройстве, удалите его там.
account-passkey-synced = На нескольких устройствах
account-passkey-bound = На одном устройстве
account-passkey-since = Добавлен { $time }
account-passkey-automatic = Создан автоматически { $time }
account-passkey-used = Последний вход: { $time }
account-passkey-unused = Ещё не использован
account-passkey-name = Название ключа доступа
account-passkey-rename = Переименовать
account-passkey-rename-of = Переименовать: { $passkey }
account-passkey-remove = Удалить
account-passkey-remove-of = Удалить: { $passkey }
account-passkey-last = Этот ключ доступа нельзя удалить: войти стало бы невозможно.
account-passkey-required = { $operator } требует второй фактор для вашего аккаунта, поэтому этот ключ доступа нельзя удалить.
account-connections = Связанные аккаунты
account-connections-count = { $count ->
    [0] Нет
    [one] { $count } аккаунт
    [few] { $count } аккаунта
    [many] { $count } аккаунтов
   *[other] { $count } аккаунта
  }
account-connections-manage = Изменить связанные аккаунты
account-connections-meaning = Аккаунтом в другом сервисе можно входить и сюда.
account-connection-add = Связать { $provider }
account-connection-since = Связан { $time }
account-connection-used = Последний вход: { $time }
account-connection-unused = Ещё не использован
account-connection-acting = { $client } может пользоваться этим аккаунтом от вашего имени
account-connection-remove = Отвязать
account-connection-remove-of = Отвязать: { $connection }
account-connection-connected = Аккаунт связан.
account-connection-disconnected = Аккаунт отвязан.
account-connection-taken = Тот аккаунт связан с другим аккаунтом здесь.
account-connection-last = Этот аккаунт нельзя отвязать: войти стало бы невозможно.
account-connection-cancelled = Ничего не связано.
account-connection-failed = Аккаунт не связан. Попробуйте ещё раз.
undo-connection-disconnect = Отвязать этот аккаунт?
undo-connection-connect = Снова связать этот аккаунт?
undo-connection-since = Отвязан { $time }
undo-connection-again = Связать снова
undo-connection-meaning = Все сеансы будут завершены: возможно, это изменение сделал кто-то другой.
undo-connection-own = Если вы сделали это сами, закройте эту страницу: пока ничего не произошло.
undo-connection-disconnected = Аккаунт отвязан
undo-connection-connected = Аккаунт снова связан
undo-connection-done = Все сеансы завершены. Если изменение сделал кто-то другой, задайте сейчас новый пароль.
account-channels = Подключённые боты
account-channels-count = { $count ->
    [0] Нет
    [one] { $count } чат
    [few] { $count } чата
    [many] { $count } чатов
   *[other] { $count } чата
  }
account-channels-manage = Изменить подключённых ботов
account-channels-meaning = Подключённый бот может действовать от вашего имени в чате с ним, и через него можно войти. Чтобы подключить бота, откройте его отсюда или запросите у него код и введите этот код ниже.
account-channel-used = Последнее использование: { $time }
account-channel-unused = Ещё не использован
account-channel-code = Код, который показывает бот
account-channel-named = { $chat } хочет подключиться к вашему аккаунту в чате с { $bot }.
account-channel-named-advice = Только если это вы: введите код, который бот показывает в вашем собственном чате. Если ссылку или код вам прислал кто-то другой, ничего не подключайте: этот человек сможет действовать от вашего имени и входить как вы.
account-channel-open = Откройте бота, нажмите «Старт» и ответьте «Да». Затем вернитесь на эту страницу.
account-channel-open-bot = Открыть { $bot }
account-channel-waiting = Ждём вашего ответа в чате…
account-channel-cancel = Не подключать
account-channel-came = Это вы: { $chat }, в чате с { $bot }?
account-channel-confirm-meaning = Кто пишет в этом чате, сможет входить в ваш аккаунт и пользоваться им через бота.
account-channel-acts = Бот будет действовать от вашего имени в { $client }.
account-channel-confirm = Да, подключить этот чат
account-channel-not-me = Нет, это не я
account-channel-connected = Чат подключён.
account-channel-disconnected = Чат отключён.
account-channel-cancelled = Ничего не подключено.
account-channel-wrong-code = Код неверен, устарел или уже использован. Запросите у бота новый.
account-channel-too-many = Введено слишком много кодов. Повторите через десять минут.
account-channel-taken = Ничего не подключено: этот чат или его владелец относится к другому аккаунту здесь.
account-channel-another = Ничего не подключено: подключён другой чат с этим ботом. Сначала отключите его.
account-channel-last = Этот чат нельзя отключить: войти стало бы невозможно.
account-channel-over = Ничего не подключено: прошло слишком много времени, или ссылка уже использована. Начните заново.
sign-in-channel = Подтвердить в { $bot }
sign-in-channel-title = Подтверждение в { $bot }
sign-in-channel-number = Откройте бота и выберите там это число:
sign-in-channel-call-name = Адрес электронной почты или имя пользователя
sign-in-channel-call = Прислать мне сообщение
sign-in-channel-called = Если к этому аккаунту подключён чат, бот написал туда. Страница продолжит, как только вы ответите.
sign-in-channel-look = Я ответил(а)
sign-in-channel-approved = Вы подтвердили вход.
sign-in-channel-refused = Вход не выполнен: в нём отказано, или выбрано другое число.
sign-in-channel-over = Запрос устарел или уже использован. Начните заново.
sign-in-other-way = Войти другим способом
ticket-title = Войти в этот аккаунт?
ticket-meaning = Эту ссылку бот сделал для вас. Если её прислал кто-то другой, закройте страницу: вы пользовались бы чужим аккаунтом.
bot-hello = Здравствуйте! Это бот { $operator }.
bot-help-link = /link – подключить этот чат к вашему аккаунту
bot-help-login = /login – получить ссылку для входа
bot-help-register = /register – создать аккаунт
bot-code = Войдите в { $operator }, откройте в аккаунте «Подключённые боты» и введите этот код:

    { $code }

    Он действует один раз и 10 минут. Он только для вас: кто спросит его, хочет воспользоваться этим чатом.
bot-code-open = Открыть страницу
bot-bind-ask = Подключить этот чат к аккаунту { $account } в { $operator }? Если ссылку вам прислали или аккаунт не ваш, ответьте «Нет».
bot-yes = Да
bot-no = Нет
bot-bind-confirm = Теперь вернитесь в браузер, в котором начали, и подтвердите там.
bot-bind-refused = Ничего не подключено.
bot-bound = Этот чат подключён к вашему аккаунту в { $operator }.
bot-taken = Ничего не подключено: этот чат относится к другому аккаунту в { $operator }.
bot-another = Ничего не подключено: к тому аккаунту подключён другой чат.
bot-over = Запрос устарел или уже использован. Начните заново.
bot-not-bound = Этот чат не подключён к аккаунту в { $operator }. Напишите /link, чтобы подключить его.
bot-sign-in-ask = Кто-то хочет войти в ваш аккаунт в { $operator }: { $place }.

    Если это вы, выберите число, которое видите там. Никогда не выбирайте число, которое вам кто-то назвал.
bot-sign-in-not-me = Это не я
bot-sign-in-approved = Подтверждено. Продолжайте в браузере.
bot-sign-in-refused = Отказано. Никто не вошёл.
bot-login = По этой ссылке вы войдёте в { $operator }. Она действует один раз и 5 минут, только для вас.
bot-login-open = Войти
bot-registered = Ваш аккаунт в { $operator } создан, и этот чат к нему подключён. Напишите /login, чтобы открыть его; там можно добавить адрес почты и пароль.
bot-registered-before = Этот чат уже подключён к вашему аккаунту в { $operator }.
bot-register-known = У вас уже есть аккаунт в { $operator }. Напишите /link, чтобы подключить к нему этот чат.
bot-register-closed = Здесь нельзя создать аккаунт.
bot-too-many = Слишком много запросов. Повторите через { $minutes } мин.
account-authenticator = Приложение-аутентификатор
account-authenticator-meaning = Приложение на телефоне показывает коды. Без кода не войдёт даже тот, кто узнал ваш пароль.
account-authenticator-set-up = Подключить приложение-аутентификатор
account-authenticator-since = Подключено { $time }
account-authenticator-used = Последний вход с кодом: { $time }
account-authenticator-steps = Отсканируйте картинку в приложении-аутентификаторе и введите код, который оно покажет.
account-authenticator-picture = QR-код для приложения-аутентификатора
account-authenticator-typing = Не получается отсканировать
account-authenticator-key = Выберите в приложении ввод ключа вручную и введите этот ключ:
account-authenticator-here = Открыть приложение на этом устройстве
account-authenticator-confirm = Включить
account-authenticator-added = Приложение-аутентификатор подключено.
account-authenticator-replaced = Новое приложение-аутентификатор подключено. Коды прежнего больше не действуют.
account-authenticator-on = При входе нужен код из приложения.
account-authenticator-another = Использовать другое приложение
account-authenticator-another-meaning = У вас новый телефон? Подключите приложение на нём, и оно заменит нынешнее.
account-authenticator-another-ends = Пока вы не включите новое приложение, работает нынешнее. Потом его коды перестанут действовать, вы получите новые коды восстановления, и все браузеры снова будут запрашивать код.
account-authenticator-remove-meaning = Без приложения для входа хватит одного пароля.
account-authenticator-remove-passkey = Без приложения для входа нужен ключ доступа. Одного пароля не хватит.
account-authenticator-remove-codes = Коды восстановления перестанут действовать.
account-authenticator-remove = Отключить приложение
account-authenticator-required = { $operator } требует второй фактор для вашего аккаунта, а другого, кроме приложения, у вас нет, поэтому его нельзя отключить.
account-authenticator-removed = Приложение-аутентификатор отключено.
account-browsers-title = Браузеры, в которых код не нужен
account-browser-since = Код не нужен с: { $time }
account-browser-forget = Спрашивать код
account-browser-forget-of = Спрашивать код: { $device }
account-browser-forgotten = Теперь в том браузере нужен код.
recovery-codes = Коды восстановления
recovery-codes-once = Сохраните эти коды там, где их найдёте только вы. Посмотреть их снова нельзя.
recovery-codes-replaced = Эти коды заменяют те, что у вас были.
recovery-codes-file = { $operator }: коды восстановления
recovery-codes-file-name = recovery-codes
recovery-codes-download = Скачать
recovery-codes-print = Распечатать
recovery-codes-kept = Коды сохранены
recovery-codes-meaning = По каждому коду можно войти один раз, если нет доступа к приложению-аутентификатору.
recovery-codes-meaning-password = Если вы забудете пароль, имя пользователя и один из кодов восстановления позволят задать новый.
recovery-codes-left = { $count ->
    [0] Неиспользованных кодов не осталось.
    [one] Остался { $count } неиспользованный код.
    [few] Осталось { $count } неиспользованных кода.
   *[other] Осталось { $count } неиспользованных кодов.
}
recovery-codes-made = Созданы { $time }
recovery-codes-not-there = Если их у вас нет, создайте новые.
recovery-codes-renew-meaning = Новые коды заменят те, что у вас есть.
recovery-codes-renew-kept = Прежними ещё семь дней можно задать новый пароль, чтобы тот, кто знает только ваш пароль, не закрыл вам доступ.
recovery-codes-renew = Создать новые коды
recovery-codes-not-needed = Коды восстановления нужны вместе с приложением-аутентификатором. У вашего аккаунта его нет.
activity-title = Активность
activity-link = Что происходило с вашим аккаунтом
activity-meaning = { $days ->
    [one] Что происходило с вашим аккаунтом за последний { $days } день. Если это были не вы, смените пароль.
    [few] Что происходило с вашим аккаунтом за последние { $days } дня. Если это были не вы, смените пароль.
   *[other] Что происходило с вашим аккаунтом за последние { $days } дней. Если это были не вы, смените пароль.
}
activity-none = За это время ничего не происходило.
activity-time = { $time }
activity-by-operator = Действие оператора
activity-an-application = приложение
activity-older = Более ранние
activity-newest = Самые новые
activity-user-created = Аккаунт создан
activity-anonymous-account-begun = Аккаунт начат в качестве гостя
activity-account-kept = Аккаунт сохранён при регистрации
activity-user-disabled = Аккаунт отключён
activity-user-enabled = Аккаунт включён
activity-user-unlocked = Снята блокировка после неудачных попыток входа
activity-deletion-asked = Запрошено удаление аккаунта
activity-deletion-begun = Удаление аккаунта началось
activity-deletion-taken-back = Удаление аккаунта отменено
activity-data-exported = Данные скачаны
activity-invitation-used = Аккаунт создан по приглашению
activity-terms-accepted = Приняты условия использования
activity-terms-refused = Условия использования не приняты
activity-identifier-added = Добавлен адрес почты или имя пользователя
activity-identifier-verified = Адрес почты подтверждён
activity-identifier-removed = Удалён адрес почты или имя пользователя
activity-address-taken-back = Прежний адрес почты возвращён по ссылке из письма
activity-role-given = Роль назначена
activity-role-taken = Роль снята
activity-session-ended = Выход на одном устройстве
activity-all-sessions-ended = Выход на всех устройствах
activity-password-changed = Пароль изменён
activity-password-link-sent = Отправлено письмо со ссылкой для смены пароля
activity-password-link-made = Создана ссылка для смены пароля
activity-recovery-begun = Создана ссылка для восстановления аккаунта
activity-signed-in = Вход выполнен
activity-sign-in-failed = Неудачная попытка входа
activity-guessing-suspected = Неудачные попытки входа из многих сетей
activity-password-door-closed = Слишком много неудачных попыток входа: пароль действует только на ваших прежних устройствах
activity-second-factor-failed = Слишком много неверных кодов после верного пароля
activity-passkey-failed = Вход с ключом доступа не удался
activity-mail-code-failed = Неверные коды для входа по письму
activity-authenticator-added = Приложение с кодами настроено
activity-authenticator-replaced = Приложение с кодами заменено другим
activity-authenticator-removed = Приложение с кодами удалено
activity-recovery-codes-made = Созданы новые коды восстановления
activity-recovery-codes-put-back = Прежние коды восстановления снова действуют, а более новые больше нет
activity-recovery-code-used = Использован код восстановления
activity-passkey-added = Добавлен ключ доступа
activity-passkey-created-automatically = Добавлен ключ доступа, созданный браузером автоматически
activity-passkey-renamed = Ключ доступа переименован
activity-passkey-removed = Удалён ключ доступа
activity-upstream-linked = Связан аккаунт в другом сервисе
activity-upstream-unlinked = Отвязан аккаунт в другом сервисе
activity-upstream-change-undone = Изменение связанных аккаунтов отменено по письму
activity-upstream-token-given = Приложение получило доступ к связанному аккаунту
activity-channel-bound = Подключён бот
activity-channel-unbound = Отключён бот
activity-channel-sign-in-refused = В чате с ботом отказано во входе
activity-passkey-counter-fell = Ключ доступа отклонён: возможно, это копия
activity-browser-trusted = Код в одном браузере больше не нужен
activity-browser-forgotten = Код в одном браузере снова нужен
activity-factors-reset = Вторые факторы удалены, выход на всех устройствах
activity-signed-out = Выход выполнен
activity-signed-out-elsewhere = Выход на всех других устройствах
activity-consent-given = Доступ разрешён: { $client }
activity-consent-refused = Доступ не разрешён: { $client }
activity-consent-withdrawn = Доступ отозван: { $client }
activity-profile-changed = Профиль изменён
activity-access-ended = Доступ прекращён в целях безопасности, так как старый токен использован повторно: { $client }
account-sessions-title = Где выполнен вход
account-sessions-end-others = Выйти на всех других устройствах
account-sessions-ended = Сеансы на всех других устройствах завершены. Приложения, получившие там доступ, потеряли его.
account-sessions-end-all = Выйти везде, и на этом устройстве
account-session-ended = Сеанс завершён: { $device }. Приложения, получившие там доступ, потеряли его.
account-session-ended-unknown = Сеанс на выбранном устройстве завершён. Приложения, получившие там доступ, потеряли его.
account-session-end = Выйти
account-session-end-of = Выйти: { $device }
account-session-this = Это устройство
account-session-device = { $browser }, { $system }
account-session-unknown = Неизвестное устройство
account-session-active = Последняя активность: { $time }
account-session-began = Вход выполнен: { $time }
account-session-address = IP-адрес: { $address }
account-session-factors = Способ входа: { $factors }
account-session-applications = Приложения: { $names }
account-session-by-code = код
account-session-by-mail = письмо
account-session-by-upstream = аккаунт в другом сервисе
list = { $before }, { $next }
account-applications-title = Приложения с доступом к аккаунту
account-applications-none = Ни у одного приложения нет доступа к вашему аккаунту.
account-application-since = Доступ предоставлен: { $time }
account-application-withdraw = Отозвать доступ
account-application-withdraw-of = Отозвать доступ: { $client }
account-application-withdrawn = У приложения больше нет доступа к вашему аккаунту.

## По пути в приложение

leaving-title = Переходим в приложение
leaving-advice = Подождите немного. Если ничего не происходит, нажмите «Продолжить».

## Что случилось и что делать

error-details = Подробности
error-code = Код
error-status = Статус
error-parameter = Параметр
error-request = Номер запроса
reference-code = Если будете просить о помощи, назовите код { $code }.
error-home = На главную страницу
error-retry = Попробовать ещё раз
error-account = Перейти в аккаунт
error-bad-application = Приложение отправило неверный запрос
error-missing-client-id-advice = В запросе не указано, какое это приложение. Вернитесь в него и попробуйте снова. Если не поможет, сообщите тем, кто за него отвечает.
error-unknown-client = Мы не знаем этого приложения
error-unknown-client-advice = Оно здесь не зарегистрировано, поэтому войти в него не получится. Проверьте адрес, с которого вы начали, или сообщите тем, кто отвечает за приложение.
error-disabled-client = Это приложение отключено
error-disabled-client-advice = Сейчас войти в него нельзя. Подробности знают те, кто за него отвечает.
error-missing-redirect-uri-advice = В запросе не указано, куда вернуться после входа. Вернитесь в приложение и попробуйте снова. Если не поможет, сообщите тем, кто за него отвечает.
error-unregistered-redirect-uri = Мы прервали вход ради вашей безопасности
error-unregistered-redirect-uri-advice = Приложение хочет отправить вас на адрес, который для него не зарегистрирован. От вас ничего не требуется. Сообщите об этом, пожалуйста, тем, кто отвечает за приложение.
error-unregistered-post-logout-redirect-uri = Мы прервали переход ради вашей безопасности
error-unregistered-post-logout-redirect-uri-advice = После выхода приложение хочет отправить вас на адрес, который для него не зарегистрирован. Сообщите об этом, пожалуйста, тем, кто отвечает за приложение.
error-repeated-parameter-advice = Один из параметров передан дважды. Сообщите об этом, пожалуйста, тем, кто отвечает за приложение.
error-invalid-hint-advice = Сведениям о вашем аккаунте, которые оно передало, нельзя доверять. Вернитесь в приложение и попробуйте снова. Если не поможет, сообщите тем, кто за него отвечает.
error-bad-request = Не удалось прочитать запрос
error-bad-request-advice = Вернитесь туда, откуда начали, и попробуйте ещё раз.
error-interaction-expired = Эта страница устарела
error-interaction-expired-advice = Она была открыта слишком долго, или вы уже вошли в другом окне. Вернитесь в приложение и начните снова. Ничего не потеряется.
error-foreign-form = Эта форма устарела
error-foreign-form-advice = Ради вашей безопасности форма действует недолго и только в том браузере, в котором её открыли. Вернитесь назад, обновите страницу и попробуйте ещё раз.
error-cookies-off = Браузер блокирует файлы cookie
error-cookies-off-advice = Без них войти не получится. Разрешите cookie для этого сайта, вернитесь в приложение и начните снова. Если вы начали в другом браузере, продолжайте в нём.
error-spent-link = Эта ссылка больше не работает
error-spent-link-advice = Такие ссылки срабатывают один раз и действуют недолго. Запросите новую там же, откуда пришла эта.
error-address-taken = Этот адрес электронной почты теперь у другого аккаунта
error-address-taken-advice = Поэтому вернуть его не удалось, и ничего не изменено. Войдите в тот аккаунт и измените его адрес или удалите его. Затем откройте ссылку ещё раз.
error-sign-up-off = Регистрация закрыта
error-sign-up-off-advice = Если вам нужен аккаунт, обратитесь к тем, кто отвечает за этот сервис.
error-mail-off = Этот сервис не отправляет писем
error-mail-off-advice = То, что вы запросили, делается через почту. Обратитесь к тем, кто поддерживает этот сервис.
error-outside-networks = Вашим аккаунтом нельзя пользоваться из этой сети
error-outside-networks-advice = Он доступен только из некоторых сетей, например из сети вашей организации. Подключитесь к такой сети и попробуйте ещё раз или обратитесь к тем, кто поддерживает этот сервис.
error-not-found = Страница не найдена
error-not-found-advice = Проверьте адрес или вернитесь туда, откуда начали.
error-misdirected-advice = У этого сервиса другой адрес. Проверьте адрес или вернитесь туда, откуда начали.
error-too-large = Слишком большой запрос
error-too-slow = Запрос передавался слишком долго
error-too-slow-advice = Возможно, соединение медленное. Попробуйте ещё раз.
error-too-many-requests = Слишком много запросов
error-too-many-requests-advice = { $seconds ->
    [one] Подождите { $seconds } секунду и попробуйте снова.
    [few] Подождите { $seconds } секунды и попробуйте снова.
   *[other] Подождите { $seconds } секунд и попробуйте снова.
}
error-busy = Сервис перегружен
error-busy-advice = Попробуйте ещё раз через несколько секунд.
error-internal = Что-то пошло не так
error-internal-advice = Вы ни в чём не виноваты. Попробуйте чуть позже. Если ошибка повторится, сообщите тем, кто отвечает за этот сервис, номер запроса: он указан в подробностях.

# Технические работы
error-maintenance = Скоро вернёмся
error-maintenance-advice = Идут технические работы. Попробуйте немного позже.
error-maintenance-minutes = { $minutes ->
    [one] Идут технические работы. Попробуйте примерно через { $minutes } минуту.
    [few] Идут технические работы. Попробуйте примерно через { $minutes } минуты.
   *[other] Идут технические работы. Попробуйте примерно через { $minutes } минут.
}
error-maintenance-hours = { $hours ->
    [one] Идут технические работы. Попробуйте примерно через { $hours } час.
    [few] Идут технические работы. Попробуйте примерно через { $hours } часа.
   *[other] Идут технические работы. Попробуйте примерно через { $hours } часов.
}

## Письма

# В родительном падеже: «в течение …».
letter-minutes = { $count ->
    [one] { $count } минуты
    [few] { $count } минут
    [many] { $count } минут
   *[other] { $count } минуты
}
letter-hours = { $count ->
    [one] { $count } часа
    [few] { $count } часов
    [many] { $count } часов
   *[other] { $count } часа
}
letter-days = { $count ->
    [one] { $count } дня
    [few] { $count } дней
    [many] { $count } дней
   *[other] { $count } дня
}
letter-when = Когда:
letter-device = Устройство:
letter-address = IP-адрес:
letter-account = Ваш аккаунт
letter-not-you = Если это были не вы, сразу задайте новый пароль и проверьте в аккаунте, на каких устройствах выполнен вход.
letter-added-not-you = Если это были не вы, сразу откройте страницу входа и выберите «Задать новый пароль через почту» в разделе «Не получается войти?». Если страница, где задаётся новый пароль, не предложит удалить добавленное, обратитесь за помощью в { $operator }.
letter-foot = { $operator } отправляет это письмо на адрес { $address }.
letter-test = Письма от { $operator } доходят
letter-test-text = Это проверка. Если вы это читаете, настройки почты { $operator } работают.
letter-reset = Новый пароль
letter-reset-text = Кто-то, вероятно вы, запросил ссылку, чтобы задать новый пароль вашего аккаунта в { $operator }. Она действует один раз, в течение { $time } после запроса. Если придёт более новое такое письмо, используйте его.
letter-reset-link = Задать новый пароль
letter-reset-not-you = Если это были не вы, ничего не делайте: пароль останется прежним.
letter-new-device = Новый вход в ваш аккаунт
letter-new-device-text = Кто-то вошёл в ваш аккаунт в { $operator } в браузере, которым вы раньше не пользовались.
letter-password-changed = Ваш пароль изменён
letter-password-changed-text = Пароль вашего аккаунта в { $operator } изменён. На всех остальных устройствах выполнен выход.
letter-password-changed-alone-text = Пароль вашего аккаунта в { $operator } изменён. На остальных устройствах вход сохранён.
letter-passkey-added = Добавлен ключ доступа
letter-passkey-added-text = К вашему аккаунту в { $operator } добавлен ключ доступа (passkey). С ним можно входить.
letter-passkey-automatic-text = После входа по паролю в { $operator } ваш браузер создал ключ доступа для вашего аккаунта. С его помощью можно входить. Удалить его можно в вашем аккаунте.
letter-passkey-removed = Удалён ключ доступа
letter-passkey-removed-text = Из вашего аккаунта в { $operator } удалён ключ доступа (passkey).
letter-upstream-linked = Связан аккаунт в другом сервисе
letter-upstream-linked-text = С вашим аккаунтом в { $operator } связан аккаунт в другом сервисе. С ним можно входить.
letter-upstream-unlinked = Отвязан аккаунт в другом сервисе
letter-upstream-unlinked-text = От вашего аккаунта в { $operator } отвязан аккаунт в другом сервисе.
letter-upstream-undo-link = Отменить это изменение
letter-upstream-undo-not-you = Если это были не вы, откройте эту ссылку в течение { $time }. Она отменит изменение и завершит все сеансы. Затем задайте новый пароль.
letter-channel-bound = Подключён бот
letter-channel-bound-text = К вашему аккаунту в { $operator } подключён чат с ботом. Бот может действовать там от вашего имени, и через этот чат можно войти.
letter-channel-unbound = Отключён бот
letter-channel-unbound-text = От вашего аккаунта в { $operator } отключён чат с ботом.
letter-authenticator-added = Добавлено приложение с кодами
letter-authenticator-added-text = К вашему аккаунту в { $operator } добавлено приложение, которое показывает коды. Теперь при входе нужен такой код.
letter-authenticator-replaced = Приложение с кодами заменено
letter-authenticator-replaced-text = Коды для вашего аккаунта в { $operator } теперь показывает другое приложение. Коды прежнего больше не действуют.
letter-authenticator-removed = Удалено приложение с кодами
letter-authenticator-removed-text = Из вашего аккаунта в { $operator } удалено приложение, которое показывает коды.
letter-recovery-begun = Создана ссылка для восстановления вашего аккаунта
letter-recovery-begun-text = Человек с доступом к серверу создал ссылку, которая задаёт новый пароль вашего аккаунта в { $operator } и удаляет его вторые факторы.
letter-recovery-code-used = Использован код восстановления
letter-recovery-code-used-text = Кто-то вошёл в ваш аккаунт в { $operator } с одним из ваших кодов восстановления. Больше он не действует.
letter-recovery-codes-renewed = Созданы новые коды восстановления
letter-recovery-codes-renewed-text = Для вашего аккаунта в { $operator } созданы новые коды восстановления. Прежние больше не действуют.
letter-code = Код:
letter-address-changed = Ваш адрес электронной почты изменён
letter-address-changed-text = Адрес электронной почты вашего аккаунта в { $operator } был { $old }. Теперь это { $new }.
letter-address-given-up-not-you = Если это были не вы, сразу обратитесь за помощью в { $operator }. По этому адресу больше нельзя ни войти, ни задать новый пароль.
letter-address-replaced-link = Вернуть этот адрес
letter-address-replaced-not-you = Если это были не вы, откройте эту ссылку в течение { $time }. Она вернёт этот адрес, завершит все сеансы и позволит придумать новый пароль. До этого войти по этому адресу нельзя. Если ссылка больше не работает, обратитесь за помощью в { $operator }.
letter-address-taken-back = Изменение адреса электронной почты отменено
letter-address-taken-back-text = Адрес электронной почты вашего аккаунта в { $operator } — снова { $old }, а не { $new }. Он возвращён по ссылке из письма на { $old }.
letter-address-taken-back-not-you = Если это были не вы, сразу обратитесь за помощью в { $operator }. По этому адресу больше нельзя ни войти, ни задать новый пароль.
letter-address-added-text = К вашему аккаунту в { $operator } добавлен адрес электронной почты { $new }.
letter-deletion-asked = Ваш аккаунт будет удалён
letter-deletion-asked-text = Кто-то, вероятно вы, запросил удаление вашего аккаунта в { $operator }. На всех устройствах выполнен выход. Аккаунт будет удалён { $due }; вход до этого времени его сохранит.
letter-deletion-asked-link = Войти и сохранить аккаунт
letter-deletion-taken-back = Ваш аккаунт не будет удалён
letter-deletion-taken-back-text = Кто-то, вероятно вы, вошёл в ваш аккаунт в { $operator }. Поэтому удаление отменено, и аккаунт остаётся.
letter-data-exported = Ваши данные скачаны
letter-data-exported-text = Все данные, которые { $operator } хранит о вашем аккаунте, скачаны в виде файла.
letter-mail-word-changed = Слово в наших письмах изменено
letter-mail-word-changed-text = Слово, которое показывают вам письма от { $operator }, изменено или удалено. В этом письме ещё прежнее слово.
letter-mail-word-chosen-text = Выбрано слово, которое теперь будут показывать письма к вам от { $operator }.
letter-verify = Подтвердите адрес электронной почты
letter-verify-text = Подтвердите, что { $address } — ваш адрес: откройте ссылку в том браузере, где вы вошли в { $operator }, или введите там код. Они действуют один раз, в течение { $time } после запроса. Если придёт более новое такое письмо, используйте его.
letter-verify-link = Подтвердить адрес
letter-verify-not-you = Если вы не знаете, почему получили это письмо, ничего не делайте и никому не сообщайте код.
letter-change-address = Подтвердите новый адрес электронной почты
letter-change-address-text = Введите этот код в своём аккаунте в { $operator }, чтобы { $address } стал его адресом электронной почты. Код действует один раз, в течение { $time } после запроса. Если придёт более новое такое письмо, используйте его.
letter-sign-in = Ваш код для входа
letter-sign-in-text = Кто-то, вероятно вы, хочет войти в { $operator }. Введите код на странице, которая его спрашивает, или откройте ссылку в том же браузере. Они действуют один раз, в течение { $time } после запроса. Если придёт более новое такое письмо, используйте его.
letter-sign-in-link = Войти
letter-sign-in-not-you = Если это были не вы, ничего не делайте и никому не сообщайте код, кто бы его ни спрашивал.
letter-invitation = Вас приглашает { $operator }
letter-invitation-text = { $operator } приглашает вас создать аккаунт с адресом { $address }. Ссылка действует один раз в течение { $time }.
letter-invitation-link = Создать аккаунт
letter-invitation-not-you = Если аккаунт вам не нужен, ничего делать не нужно.
letter-registered = У вас уже есть аккаунт
letter-registered-text = Кто-то, вероятно вы, хотел создать аккаунт в { $operator } с этим адресом электронной почты. Он уже есть: войдите в него. Если вы не знаете пароль, страница входа поможет задать новый.
letter-registered-link = Войти
letter-registered-not-you = Если это были не вы, ничего не делайте: ничего не изменилось.
letter-sign-up = Подтвердите адрес электронной почты
letter-sign-up-text = Кто-то, вероятно вы, создаёт аккаунт в { $operator } с адресом { $address }. Введите этот код на странице, которая его спрашивает. Он действует один раз, в течение { $time } после запроса. Если придёт более новое такое письмо, используйте его.
letter-word = Ваше слово:

## Этот язык

language-name = Русский
