### Что люди читают на страницах Latchkey. Каждый ключ есть в каждом языке; проверка сравнивает их со страницами.

## На нескольких страницах

sign-in = Войти
sign-up = Создать аккаунт
sign-out = Выйти
continue = Продолжить
back-to-client = Вернуться в { $client }
identifier = Имя пользователя или почта
email = Электронная почта
name = Как вас зовут
optional = (необязательно)
password = Пароль
password-new = Новый пароль
password-show = Показать
password-hide = Скрыть
password-advice = { $least ->
    [one] Не короче { $least } символа. Несколько слов, которые вместе придут в голову только вам, легко запомнить и трудно угадать.
   *[other] Не короче { $least } символов. Несколько слов, которые вместе придут в голову только вам, легко запомнить и трудно угадать.
}
choose-account = Выберите аккаунт
another-account = Войти в другой аккаунт
no-account = Впервые здесь?
have-account = Уже есть аккаунт?
problem = Проверьте:
language-switch = Язык

## Пароли, которые не подошли

password-missing = Введите пароль.
password-too-short = { $least ->
    [one] Пароль слишком короткий. Нужно не меньше { $least } символа.
   *[other] Пароль слишком короткий. Нужно не меньше { $least } символов.
}
password-too-long = Пароль слишком длинный. Придумайте покороче.
password-too-common = Такой пароль легко угадать. Придумайте тот, до которого никто, кроме вас, не додумается.

## Вход

sign-in-title = Вход
sign-in-for-client = чтобы продолжить в { $client }
keep-signed-in = Не выходить из аккаунта на этом устройстве
sign-in-accounts = Выбрать аккаунт, в который здесь уже входили
sign-in-again = Войдите ещё раз — так мы убедимся, что это вы.
sign-in-other-account = Приложение ждёт другой аккаунт. Войдите, пожалуйста, в него.
sign-in-identifier-missing = Введите имя пользователя или адрес почты.
sign-in-refused = Войти с этими данными не получилось. Проверьте их и попробуйте ещё раз. Если попыток было уже несколько, сначала подождите минуту.
sign-in-too-many-tries = { $seconds ->
    [one] Слишком много попыток. Подождите { $seconds } секунду и попробуйте снова.
    [few] Слишком много попыток. Подождите { $seconds } секунды и попробуйте снова.
   *[other] Слишком много попыток. Подождите { $seconds } секунд и попробуйте снова.
}

## Новый аккаунт

sign-up-title = Создайте аккаунт
sign-up-for-client = чтобы продолжить в { $client }
put-right = Кое-что нужно поправить:
sign-up-email-missing = Введите адрес электронной почты.
sign-up-email-malformed = Это не похоже на адрес почты. Он выглядит, например, так: anna@example.com.
sign-up-email-taken = Аккаунт с этим адресом уже есть. Войдите в него или укажите другой адрес.
sign-up-name-too-long = Имя слишком длинное. Сократите его, пожалуйста.

## Установка пароля

set-password-title = Придумайте пароль
set-password-for = для аккаунта { $identifier }
set-password = Сохранить пароль

## Согласие

consent-title = Доступ к аккаунту
consent-title-client = { $client } просит доступ к вашему аккаунту
consent-asks = Что приложение сможет делать:
consent-allow = Разрешить
consent-deny = Не разрешать
consent-destination = После этого вы перейдёте на { $destination }.
consent-policy = Политика конфиденциальности
consent-terms = Условия использования

scope-openid = Узнавать вас
scope-openid-detail = Чтобы в следующий раз вы вернулись в тот же аккаунт.
scope-profile = Видеть ваш профиль
scope-profile-detail = Имя, фото, язык и всё остальное, что есть в профиле.
scope-email = Видеть адрес вашей почты
scope-email-detail = И то, подтверждён ли он.
scope-address = Видеть ваш почтовый адрес
scope-address-detail = Такой, как записан в профиле.
scope-phone = Видеть номер вашего телефона
scope-phone-detail = И то, подтверждён ли он.
scope-offline-access = Сохранять этот доступ, пока вас нет
scope-offline-access-detail = Пока вы его не отзовёте — даже когда вы не пользуетесь приложением.
scope-resource = Обращаться к «{ $resource }» от вашего имени
scope-of-resource = В «{ $resource }»
scope-other = Пользоваться разрешением «{ $scope }»

## Переход в приложение на устройстве

continue-as-title = Продолжить в { $client } как { $account }?
continue-as-advice = Приложение на этом устройстве запрашивает ваш аккаунт. Продолжайте, только если вы сами его только что открыли.
continue-as-stop = Не продолжать

## Выход

sign-out-title = Выйти из { $operator }?
sign-out-meaning = В этом браузере нужно будет войти снова.
sign-out-asked = { $client } просит завершить ваш сеанс. В этом браузере нужно будет войти снова.
sign-out-stay = Остаться
signed-out-title = Вы вышли
signed-out-advice = Если за этим компьютером работает кто-то ещё, надёжнее закрыть и окно браузера.
signed-out-again = Войти снова

## Первая страница

home-signed-in = Вы вошли
home-signed-in-advice = Приложения, которые работают с этим аккаунтом, смогут впустить вас без пароля.
home-signed-out = Вы не вошли
home-signed-out-advice = Один аккаунт в { $operator } открывает все приложения, которые с ним работают.

## Свой аккаунт

home-account = Управление аккаунтом
account-title = Ваш аккаунт
account-profile = Профиль
account-password = Пароль
account-sessions = Устройства
account-applications = Приложения
account-language = Язык
account-save = Сохранить
account-saved = Изменения сохранены.
account-name-too-long = Имя слишком длинное. Сократите его, пожалуйста.
account-identifiers = С чем вы входите
account-verified = Подтверждено
account-unverified = Не подтверждено
account-others = Здесь выполнен вход и в эти аккаунты
account-password-title = Смена пароля
account-password-meaning = На всех других устройствах будет выполнен выход, а приложения попросят войти снова.
account-password-none = У этого аккаунта нет пароля.
account-password-current = Текущий пароль
account-password-current-missing = Введите текущий пароль.
account-password-current-wrong = Это не ваш текущий пароль.
account-password-changed = Новый пароль сохранён. На всех других устройствах выполнен выход.
account-sessions-title = Где выполнен вход
account-sessions-end-others = Выйти на всех других устройствах
account-sessions-ended = На всех других устройствах выполнен выход.
account-session-ended = На этом устройстве выполнен выход.
account-session-this = Это устройство
account-session-device = { $browser }, { $system }
account-session-unknown = Неизвестное устройство
account-session-active = Последнее использование: { $time }
account-session-began = Вход: { $time }
account-applications-title = Приложения, которые используют ваш аккаунт
account-applications-none = Ни одно приложение не использует ваш аккаунт.
account-application-since = Доступ дан: { $time }
account-application-withdraw = Отозвать
account-application-withdrawn = Это приложение больше не может использовать ваш аккаунт.

## По пути в приложение

leaving-title = Возвращаем вас обратно
leaving-advice = Секунду. Если ничего не происходит, нажмите кнопку.

## Что случилось и что делать

error-code = Код
error-parameter = Параметр
error-request = Запрос
error-home = На главную
error-bad-application = Приложение прислало неверный запрос
error-missing-client-id-advice = Оно не назвало себя. Вернитесь в приложение и попробуйте снова; если не поможет, напишите тем, кто за него отвечает.
error-unknown-client = Мы не знаем этого приложения
error-unknown-client-advice = Оно здесь не зарегистрировано, поэтому войти в него не получится. Проверьте адрес, с которого вы начали, или напишите тем, кто отвечает за приложение.
error-disabled-client = Это приложение отключено
error-disabled-client-advice = Сейчас через него нельзя войти. Подробности знают те, кто за него отвечает.
error-missing-redirect-uri-advice = Оно не сказало, куда вернуться после входа. Вернитесь в приложение и попробуйте снова; если не поможет, напишите тем, кто за него отвечает.
error-unregistered-redirect-uri = Мы остановились ради вашей безопасности
error-unregistered-redirect-uri-advice = Приложение хочет отправить вас по адресу, который за ним не записан. От вас ничего не требуется; расскажите, пожалуйста, тем, кто отвечает за приложение.
error-unregistered-post-logout-redirect-uri-advice = После выхода приложение хочет отправить вас по адресу, который за ним не записан. Расскажите, пожалуйста, тем, кто отвечает за приложение.
error-repeated-parameter-advice = Одно и то же сказано в нём дважды, а угадывать мы не станем. Напишите, пожалуйста, тем, кто отвечает за приложение.
error-invalid-hint-advice = Тому, что оно сообщило о вашем аккаунте, нельзя доверять. Вернитесь в приложение и попробуйте снова; если не поможет, напишите тем, кто за него отвечает.
error-bad-request = Мы не смогли прочитать запрос
error-bad-request-advice = Вернитесь туда, откуда начали, и попробуйте ещё раз.
error-interaction-expired = Эта страница была открыта слишком долго
error-interaction-expired-advice = Или вы уже вошли в другом окне. Вернитесь в приложение и начните снова — ничего не потеряется.
error-foreign-form = Эта форма устарела
error-foreign-form-advice = Ради вашей безопасности мы принимаем только формы, которые недавно выдали этому браузеру. Вернитесь назад, обновите страницу и попробуйте ещё раз.
error-cookies-off = Браузер не сохраняет наши файлы cookie
error-cookies-off-advice = Без них войти не получится. Разрешите cookie для этого адреса, вернитесь в приложение и начните снова. Если вы начали в другом браузере, продолжайте там.
error-spent-link = Эта ссылка больше не работает
error-spent-link-advice = Такие ссылки действуют один раз и недолго. Попросите новую у того, кто её прислал.
error-sign-up-off = Новые аккаунты здесь не заводят
error-sign-up-off-advice = Если вам нужен аккаунт, обратитесь к тем, кто отвечает за этот сервис.
error-not-found = По этому адресу ничего нет
error-not-found-advice = Проверьте адрес или вернитесь туда, откуда пришли.
error-misdirected-advice = У этого сервиса другое имя. Проверьте адрес или вернитесь туда, откуда пришли.
error-too-large = Это больше, чем мы можем принять
error-too-slow = Запрос шёл слишком долго
error-too-slow-advice = Возможно, связь медленная. Попробуйте ещё раз.
error-too-many-requests = Чуть помедленнее, пожалуйста
error-too-many-requests-advice = { $seconds ->
    [one] Отсюда пришло слишком много запросов. Подождите { $seconds } секунду и попробуйте снова.
    [few] Отсюда пришло слишком много запросов. Подождите { $seconds } секунды и попробуйте снова.
   *[other] Отсюда пришло слишком много запросов. Подождите { $seconds } секунд и попробуйте снова.
}
error-busy = Сейчас очень много запросов
error-busy-advice = Попробуйте ещё раз через несколько секунд.
error-internal = Что-то сломалось на нашей стороне
error-internal-advice = Вы ни в чём не виноваты. Попробуйте чуть позже; если ошибка повторится, сообщите номер запроса тем, кто отвечает за этот сервис.

# Links below every page, to the operator's own.
site-support = Помощь
site-policy = Конфиденциальность
site-terms = Условия
