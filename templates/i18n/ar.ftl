### ما يقرأه المستخدمون في صفحات Latchkey. كل مفتاح موجود بكل لغة، ويقارن اختبار هذه المفاتيح بالصفحات.

## في عدة صفحات

sign-in = تسجيل الدخول
sign-up = إنشاء حساب
sign-out = تسجيل الخروج
sign-out-of = تسجيل الخروج من حساب { $account }
sign-out-of-all = تسجيل الخروج من جميع الحسابات
change = تغيير
set-up = إعداد
sign-in-once-more = تسجيل الدخول مرة أخرى
continue = متابعة
back-to-client = العودة إلى { $client }
identifier = البريد الإلكتروني أو اسم المستخدم
email = البريد الإلكتروني
username = اسم المستخدم
name = اسمك
optional = (اختياري)
choose-account = اختيار حساب
another-account = استخدام حساب آخر
no-account = ليس لديك حساب؟
have-account = هل لديك حساب؟
anonymous-name = زائر
anonymous-go-on = المتابعة بدون حساب
anonymous-go-on-again = المتابعة بصفة زائر
sign-in-anonymous-refused = لا يمكنك المتابعة هنا بدون حساب. يُرجى تسجيل الدخول.
sign-in-with = المتابعة عبر { $provider }
sign-in-last-used = آخر ما استُخدم
sign-in-provider-off = غير متاح
sign-in-provider-silent = لا يستجيب
sign-in-upstream-denied = لم تسجّل الخدمة الأخرى دخولك. أعد المحاولة أو سجّل الدخول بطريقة أخرى.
sign-in-upstream-not-allowed = لا يمكن استخدام هذا الحساب هنا. جرّب حسابًا آخر أو سجّل الدخول بطريقة أخرى.
sign-in-upstream-off = لا يمكن تسجيل الدخول بهذه الطريقة الآن. يُرجى تسجيل الدخول بطريقة أخرى.
sign-in-upstream-unreachable = لا تستجيب الخدمة الأخرى الآن. أعد المحاولة لاحقًا أو سجّل الدخول بطريقة أخرى.
sign-in-upstream-failed = تعذّر تسجيل الدخول عبر الخدمة الأخرى. أعد المحاولة أو سجّل الدخول بطريقة أخرى.
sign-in-upstream-refused = لا يمكن استخدام هذا الحساب.
sign-in-channel-not-confirmed = لم يُؤكَّد تسجيل الدخول هذا في المحادثة، أو استُخدم من قبل. ابدأ من جديد.
telegram-title = تسجيل الدخول عبر Telegram
telegram-needs-script = لا يمكن قراءة ردّ Telegram إلا ببرنامج نصي. اسمح بالبرامج النصية في هذه الصفحة، أو سجّل الدخول بطريقة أخرى.
telegram-another-way = تسجيل الدخول بطريقة أخرى
telegram-confirm-title = هل تريد تسجيل الدخول باسم { $person }؟
telegram-confirm-lead = لقد وصلت إلى هنا عبر زرّ من { $bot } في Telegram.
telegram-confirm-advice = إذا لم تضغط عليه قبل لحظات فلا تسجّل الدخول: ربما أرسل إليك أحدهم رابطًا إلى حسابه هو.
telegram-confirm-no = عدم تسجيل الدخول
new-here-title = مرحبًا بك
new-here-lead = حسابك لدى { $provider } غير مرتبط بحساب هنا بعد.
new-here-known = يوجد هنا حساب بعنوان البريد هذا. سجّل الدخول إليه، ثم يمكنك ربط حسابك لدى { $provider }.
new-here-closed = لا تُنشأ حسابات جديدة بهذه الطريقة. إذا كان لديك حساب هنا، فسجّل الدخول إليه، ثم يمكنك ربط حسابك لدى { $provider }.
new-here-create = إنشاء حساب
new-here-connect = تسجيل الدخول إلى حسابي هنا
connect-title = هل تريد ربط حسابك لدى { $provider }؟
connect-meaning = من يستطيع الدخول إلى هذا الحساب لدى { $provider } يستطيع بعدها الدخول إلى حسابك هنا. اربطه فقط إذا كان حسابك.
connect-yes = ربط
connect-later = ليس الآن
problem = خطأ:
# $time تاريخ ووقت.
try-again-from = يمكنك المحاولة مجددًا اعتبارًا من: { $time }
fix-these = يُرجى تصحيح ما يلي:

# الروابط واللغات أسفل كل صفحة.
language-switch = اللغة
site-support = المساعدة
site-policy = الخصوصية
site-terms = البنود

## متى حدث ذلك

ago-now = الآن
ago-minutes = { $count ->
    [zero] قبل { $count } دقيقة
    [one] قبل دقيقة واحدة
    [two] قبل دقيقتين
    [few] قبل { $count } دقائق
    [many] قبل { $count } دقيقة
   *[other] قبل { $count } دقيقة
}
ago-hours = { $count ->
    [zero] قبل { $count } ساعة
    [one] قبل ساعة واحدة
    [two] قبل ساعتين
    [few] قبل { $count } ساعات
    [many] قبل { $count } ساعة
   *[other] قبل { $count } ساعة
}
ago-days = { $count ->
    [zero] قبل { $count } يوم
    [one] قبل يوم واحد
    [two] قبل يومين
    [few] قبل { $count } أيام
    [many] قبل { $count } يومًا
   *[other] قبل { $count } يوم
}
ago-months = { $count ->
    [zero] قبل { $count } شهر
    [one] قبل شهر واحد
    [two] قبل شهرين
    [few] قبل { $count } أشهر
    [many] قبل { $count } شهرًا
   *[other] قبل { $count } شهر
}
ago-years = { $count ->
    [zero] قبل { $count } سنة
    [one] قبل سنة واحدة
    [two] قبل سنتين
    [few] قبل { $count } سنوات
    [many] قبل { $count } سنة
   *[other] قبل { $count } سنة
}

## كلمات المرور

password = كلمة المرور
password-new = كلمة المرور الجديدة
password-show = إظهار كلمة المرور
password-show-new = إظهار كلمة المرور الجديدة
password-show-current = إظهار كلمة المرور الحالية
password-caps-lock = مفتاح Caps Lock مفعّل.
password-advice = { $least ->
    [zero] { $least } حرف على الأقل. يسهل تذكّر بضع كلمات لا صلة بينها ويصعب تخمينها.
    [one] حرف واحد على الأقل. يسهل تذكّر بضع كلمات لا صلة بينها ويصعب تخمينها.
    [two] حرفان على الأقل. يسهل تذكّر بضع كلمات لا صلة بينها ويصعب تخمينها.
    [few] { $least } أحرف على الأقل. يسهل تذكّر بضع كلمات لا صلة بينها ويصعب تخمينها.
    [many] { $least } حرفًا على الأقل. يسهل تذكّر بضع كلمات لا صلة بينها ويصعب تخمينها.
   *[other] { $least } حرف على الأقل. يسهل تذكّر بضع كلمات لا صلة بينها ويصعب تخمينها.
}
# يضع البرنامج النصي بجانب الحقل عدد الأحرف المكتوبة حتى الآن مكان $count.
password-count = { $least ->
    [zero] { $count } من { $least } حرف
    [one] { $count } من حرف واحد
    [two] { $count } من حرفين
    [few] { $count } من { $least } أحرف
    [many] { $count } من { $least } حرفًا
   *[other] { $count } من { $least } حرف
}
password-long-enough = الطول كافٍ.
password-missing = يُرجى إدخال كلمة مرور.
password-too-short = { $least ->
    [zero] كلمة المرور هذه قصيرة جدًا. يجب أن تتألف من { $least } حرف على الأقل.
    [one] كلمة المرور هذه قصيرة جدًا. يجب أن تتألف من حرف واحد على الأقل.
    [two] كلمة المرور هذه قصيرة جدًا. يجب أن تتألف من حرفين على الأقل.
    [few] كلمة المرور هذه قصيرة جدًا. يجب أن تتألف من { $least } أحرف على الأقل.
    [many] كلمة المرور هذه قصيرة جدًا. يجب أن تتألف من { $least } حرفًا على الأقل.
   *[other] كلمة المرور هذه قصيرة جدًا. يجب أن تتألف من { $least } حرف على الأقل.
}
password-too-long = كلمة المرور هذه طويلة جدًا. يُرجى استخدام كلمة مرور أقصر.
password-own-words = تتكوّن كلمة المرور هذه من اسمك أو بريدك الإلكتروني أو اسم هذا الموقع. يُرجى استخدام كلمات أخرى.
password-stolen = كلمة المرور هذه أو كلمة شديدة الشبه بها موجودة في قوائم كلمات مرور مسروقة. يُرجى استخدام كلمة مرور أخرى.
password-too-common = من السهل جدًا تخمين كلمة المرور هذه. يُرجى استخدام كلمة مرور يصعب تخمينها.

## تسجيل الدخول

sign-in-title = تسجيل الدخول
sign-in-for-client = للمتابعة إلى { $client }
keep-signed-in = إبقاء تسجيل دخولي على هذا الجهاز
sign-in-accounts = اختيار حساب تم تسجيل الدخول إليه هنا
sign-in-again = للحفاظ على أمان حسابك، يُرجى تسجيل الدخول مرة أخرى.
sign-in-wants-passkey = يطلب تطبيق { $client } مفتاح المرور الخاص بك. يُرجى تسجيل الدخول به.
sign-in-other-account = يتطلب تطبيق { $client } حسابًا آخر. يُرجى تسجيل الدخول إلى ذلك الحساب.
sign-in-identifier-missing = يُرجى إدخال عنوان البريد الإلكتروني أو اسم المستخدم.
sign-in-refused = تعذّر تسجيل الدخول: عنوان البريد الإلكتروني أو اسم المستخدم أو كلمة المرور غير صحيحة. يُرجى التحقق منها، ثم إعادة المحاولة. بعد عدة محاولات، يُرجى الانتظار دقيقة أولًا.
sign-in-too-many-tries = { $seconds ->
    [zero] محاولات كثيرة جدًا. يُرجى الانتظار { $seconds } ثانية، ثم إعادة المحاولة.
    [one] محاولات كثيرة جدًا. يُرجى الانتظار ثانية واحدة، ثم إعادة المحاولة.
    [two] محاولات كثيرة جدًا. يُرجى الانتظار ثانيتين، ثم إعادة المحاولة.
    [few] محاولات كثيرة جدًا. يُرجى الانتظار { $seconds } ثوانٍ، ثم إعادة المحاولة.
    [many] محاولات كثيرة جدًا. يُرجى الانتظار { $seconds } ثانية، ثم إعادة المحاولة.
   *[other] محاولات كثيرة جدًا. يُرجى الانتظار { $seconds } ثانية، ثم إعادة المحاولة.
}
sign-in-by-mail = تسجيل الدخول برمز عبر البريد
sign-in-by-password = تسجيل الدخول بكلمة مرور
sign-in-by-mail-title = تسجيل الدخول عبر البريد
sign-in-by-mail-advice = اكتب بريدك الإلكتروني، وسنرسل إليه رسالة فيها رمز.
sign-in-by-mail-sent = إذا وُجد حساب بالبريد { $address }، فستصل إليه رسالة فيها رمز. اكتب الرمز هنا، أو افتح الرابط الموجود في الرسالة في هذا المتصفح.
sign-in-by-mail-number = إذا فتحت الرابط في متصفح آخر، فسيطلب هذا الرقم: { $number }
sign-in-by-mail-link = لقد فتحت الرابط الموجود في رسالتنا.
sign-in-by-mail-other = لم تطلب الرسالة في هذا المتصفح. اكتب الرقم المعروض في المتصفح الذي طلبتها فيه. وإذا لم تطلب رسالة، فأغلق هذه الصفحة.
number = الرقم
number-wrong = هذا الرقم غير صحيح. تجده في المتصفح الذي طلبت فيه الرسالة.
passkey-sign-in = تسجيل الدخول بمفتاح مرور
passkey-failed = لم يُستخدم مفتاح مرور. أعد المحاولة أو سجّل الدخول بطريقة أخرى.
passkey-unable = لا يمكن لمتصفحك استخدام مفاتيح المرور هنا، أو أن البرامج النصية معطّلة.
passkey-too-late = استغرق ذلك وقتًا طويلًا. يُرجى إعادة المحاولة.
passkey-unknown = لم يعد مفتاح المرور هذا معروفًا هنا. سجّل الدخول بطريقة أخرى أو بمفتاح مرور آخر.
passkey-refused = تعذّر تسجيل الدخول بمفتاح المرور هذا. أعد المحاولة أو سجّل الدخول بطريقة أخرى.
passkey-offer-title = سجّل دخولك بسرعة أكبر في المرة القادمة
passkey-offer-create = إنشاء مفتاح مرور
passkey-offer-later = ليس الآن
passkey-offer-advice = يمكنك إنشاؤه في أي وقت من حسابك، ضمن قسم «الأمان».
second-factor-passkey-title = استخدم مفتاح المرور
second-factor-passkey = للمتابعة، أثبت بمفتاح مرور لحسابك أنك صاحبه.
second-factor-passkey-lost = لا يمكنني استخدام مفتاح المرور
second-factor-passkey-help = إذا أُضيف مفتاح المرور الأول خلال آخر 7 أيام، فقد يمكنك إزالته عند تعيين كلمة مرور جديدة عبر البريد. وإلا فاطلب المساعدة من { $operator }.
second-factor-passkey-ask = اطلب المساعدة من { $operator }.
trouble-title = هل تواجه مشكلة في تسجيل الدخول؟
trouble-typing = يُرجى التأكد من إيقاف مفتاح Caps Lock ومن ضبط لوحة المفاتيح على اللغة الصحيحة.
trouble-forgotten = هل نسيت كلمة المرور؟ اطلب من { $operator } رابطًا لتعيين كلمة مرور جديدة.
trouble-reset = تعيين كلمة مرور جديدة عبر البريد
trouble-support = الحصول على مساعدة من { $operator }

## العامل الثاني

second-factor-title = أدخل الرمز
second-factor-code = الرمز من تطبيق المصادقة
second-factor-hint = ستة أرقام تتغير كل 30 ثانية.
second-factor-recovery-open = لا يمكنني استخدام التطبيق
second-factor-recovery-code = رمز الاسترداد
second-factor-recovery-left = { $count ->
    [zero] لم يبقَ لديك أي رمز استرداد غير مستخدم.
    [one] بقي لديك رمز استرداد واحد غير مستخدم. يعمل كل رمز مرة واحدة.
    [two] بقي لديك رمزا استرداد غير مستخدمين. يعمل كل رمز مرة واحدة.
    [few] بقيت لديك { $count } رموز استرداد غير مستخدمة. يعمل كل رمز مرة واحدة.
    [many] بقي لديك { $count } رمز استرداد غير مستخدم. يعمل كل رمز مرة واحدة.
   *[other] بقي لديك { $count } رمز استرداد غير مستخدم. يعمل كل رمز مرة واحدة.
}
second-factor-recovery-none = لم تبقَ لديك رموز استرداد. اطلب المساعدة من { $operator }.
second-factor-trust = { $days ->
    [zero] عدم طلب الرمز في هذا المتصفح لمدة { $days } يوم
    [one] عدم طلب الرمز في هذا المتصفح لمدة يوم واحد
    [two] عدم طلب الرمز في هذا المتصفح لمدة يومين
    [few] عدم طلب الرمز في هذا المتصفح لمدة { $days } أيام
    [many] عدم طلب الرمز في هذا المتصفح لمدة { $days } يومًا
   *[other] عدم طلب الرمز في هذا المتصفح لمدة { $days } يوم
}
second-factor-asked-for = يطلب منك تطبيق { $client } تسجيل الدخول بعامل ثانٍ.
second-factor-not-now = ليس الآن
second-factor-required = يشترط { $operator } عاملًا ثانيًا لحسابك.
second-factor-missing = أدخل الرمز من تطبيق المصادقة.
second-factor-wrong = هذا الرمز غير صحيح أو سبق استخدامه. أدخل الرمز الذي يعرضه التطبيق الآن.
second-factor-recovery-wrong = رمز الاسترداد هذا غير صحيح أو سبق استخدامه.
second-factor-same-sheet = عُيّنت كلمة مرورك برمز استرداد، لذلك لا يكفي هنا رمز استرداد آخر. أدخل رمزًا من تطبيق المصادقة.
second-factor-too-many-tries = { $minutes ->
    [zero] رموز غير صحيحة كثيرة جدًا. يُرجى الانتظار { $minutes } دقيقة، ثم إعادة المحاولة.
    [one] رموز غير صحيحة كثيرة جدًا. يُرجى الانتظار دقيقة واحدة، ثم إعادة المحاولة.
    [two] رموز غير صحيحة كثيرة جدًا. يُرجى الانتظار دقيقتين، ثم إعادة المحاولة.
    [few] رموز غير صحيحة كثيرة جدًا. يُرجى الانتظار { $minutes } دقائق، ثم إعادة المحاولة.
    [many] رموز غير صحيحة كثيرة جدًا. يُرجى الانتظار { $minutes } دقيقة، ثم إعادة المحاولة.
   *[other] رموز غير صحيحة كثيرة جدًا. يُرجى الانتظار { $minutes } دقيقة، ثم إعادة المحاولة.
}
second-factor-over = رموز غير صحيحة كثيرة جدًا. يُرجى تسجيل الدخول مرة أخرى.

## التحقق قبل إنشاء الحساب

challenge-working = لحظة من فضلك: يُجري المتصفح عملية حسابية قصيرة تمنع إنشاء الحسابات آليًا.
challenge-without-scripts = المتصفح لا يشغّل البرامج النصية هنا. يُرجى قضاء 20 ثانية على الأقل في ملء هذا النموذج.
challenge-unproven = يُرجى كتابة كلمة المرور وإرسال النموذج مرة أخرى. يجب أن يُثبت المتصفح أولًا أن هذا التسجيل ليس آليًا.
challenge-too-early = { $seconds ->
    [zero] انتظر { $seconds } ثانية، ثم اكتب كلمة المرور وأرسل النموذج مرة أخرى.
    [one] انتظر ثانية واحدة، ثم اكتب كلمة المرور وأرسل النموذج مرة أخرى.
    [two] انتظر ثانيتين، ثم اكتب كلمة المرور وأرسل النموذج مرة أخرى.
    [few] انتظر { $seconds } ثوانٍ، ثم اكتب كلمة المرور وأرسل النموذج مرة أخرى.
    [many] انتظر { $seconds } ثانية، ثم اكتب كلمة المرور وأرسل النموذج مرة أخرى.
   *[other] انتظر { $seconds } ثانية، ثم اكتب كلمة المرور وأرسل النموذج مرة أخرى.
}

## إنشاء حساب

sign-up-title = إنشاء حسابك
sign-up-for-client = للمتابعة إلى { $client }
invitation-code = رمز الدعوة
sign-up-invitation-missing = يُرجى إدخال رمز دعوتك. لا تُنشأ الحسابات إلا بدعوة.
sign-up-invitation-invalid = هذه الدعوة لا تعمل. ربما كُتب الرمز خطأً، أو استُخدم، أو انتهت صلاحيته، أو كان لعنوان آخر. اطلب دعوة جديدة ممن دعاك.
sign-up-username-hint = اختر أي اسم متاح. ستحصل على رموز استرداد تحسبًا لنسيان كلمة المرور.
sign-up-username-missing = يُرجى اختيار اسم مستخدم.
sign-up-username-malformed = يتكوّن اسم المستخدم من حروف أبجدية واحدة وأرقام ونقاط وشرطات سفلية وشرطات.
sign-up-username-taken = اسم المستخدم هذا أو اسم يشبهه مستخدم بالفعل. يُرجى اختيار اسم آخر.
sign-up-email-missing = يُرجى إدخال عنوان بريدك الإلكتروني.
sign-up-email-malformed = يُرجى إدخال عنوان بريد إلكتروني صالح، مثل anna@example.com.
sign-up-email-domain = لا يمكن إنشاء حساب بعنوان من هذا النطاق. يُرجى استخدام العنوان الذي منحته لك مؤسستك.
sign-up-email-taken = يوجد حساب بعنوان البريد الإلكتروني هذا. يُرجى تسجيل الدخول إليه أو استخدام عنوان آخر.
sign-up-done = حسابك جاهز.
sign-up-again-title = حسابك جاهز
sign-up-again = تم إنشاء الحساب { $account }، وسبق أن استخدمته في هذا المتصفح.
sign-up-again-codes = عُرضت رموز الاسترداد مرة واحدة عند إنشاء الحساب. إذا لم تحفظها، فأنشئ رموزًا جديدة.
sign-up-terms = أوافق على شروط الخدمة
sign-up-terms-missing = وافق على شروط الخدمة لإنشاء حساب.
terms-read = قراءة الشروط
terms-policy = قراءة سياسة الخصوصية
terms-title = شروط الخدمة لدينا
terms-advice = للمتابعة إلى { $client }، وافق على شروط { $operator } (الإصدار { $version }).
terms-changed = تغيّرت شروط { $operator }. للمتابعة إلى { $client }، وافق على الإصدار { $version }.
terms-accept = أوافق
terms-deny = لا أوافق
terms-deny-meaning = إذا لم توافق على الشروط، فستعود إلى { $client } دون تسجيل الدخول إليه. يبقى حسابك، ويمكنك حذفه أو تنزيل بياناتك.
sign-up-code-title = أكّد بريدك الإلكتروني
sign-up-start-again = البدء من جديد
sign-up-code-sent = أرسلنا رسالة إلى { $address }. اكتب هنا الرمز الموجود فيها لإنشاء حسابك.
sign-up-name-too-long = هذا الاسم طويل جدًا. يُرجى اختصاره.
sign-up-keep = الاحتفاظ بما فعلته هنا بصفة زائر
sign-up-keep-meaning = ستعرفك التطبيقات التي استُخدمت هنا على أنك الشخص نفسه وتحتفظ بوصولها. ولن ترى اسمك وعنوان بريدك الإلكتروني إلا عندما تستخدمها مرة أخرى. إذا كان لديك حساب بالفعل فسجّل الدخول إليه بدلًا من ذلك: لا يُدمج الحسابان.
sign-up-nothing-to-keep = لا يمكن الاحتفاظ بما فُعل هنا بصفة زائر: فقد انتهى أو أصبح تابعًا لحساب. اكتب كلمة المرور مرة أخرى لإنشاء حساب من دونه.

## رسائل عند الطلب

letter-send = إرسال الرسالة
letter-sent-title = تحقق من بريدك الإلكتروني
letter-again = إرسالها مرة أخرى
letter-not-there = لم تصل الرسالة؟ ابحث في مجلد الرسائل غير المرغوب فيها وتحقق مما كتبته. وإذا لم تصل بعد دقيقة، فأرسلها مرة أخرى.
letter-not-there-start-again = لم تصل الرسالة؟ ابدأ من جديد
code = الرمز
code-missing = اكتب الأرقام الستة الموجودة في الرسالة.
code-wrong = هذا الرمز غير صحيح. تحقق منه وأعد المحاولة.
code-over = لم يعد هذا الرمز يعمل. اطلب رسالة أخرى.
code-confirm = تأكيد
letter-too-many = { $minutes ->
    [zero] رسائل كثيرة جدًا. انتظر قليلًا ثم أعد المحاولة.
    [one] رسائل كثيرة جدًا. انتظر دقيقة واحدة ثم أعد المحاولة.
    [two] رسائل كثيرة جدًا. انتظر دقيقتين ثم أعد المحاولة.
    [few] رسائل كثيرة جدًا. انتظر { $minutes } دقائق ثم أعد المحاولة.
    [many] رسائل كثيرة جدًا. انتظر { $minutes } دقيقة ثم أعد المحاولة.
   *[other] رسائل كثيرة جدًا. انتظر { $minutes } دقيقة ثم أعد المحاولة.
}
forgot-password-title = تعيين كلمة مرور جديدة
forgot-password-advice = اكتب بريدك الإلكتروني أو اسم المستخدم. إذا وُجد هذا الحساب، فسنرسل رابطًا إلى بريده الإلكتروني.
forgot-password-by-code = تعيين كلمة مرور جديدة برمز استرداد
recovery-code-title = تعيين كلمة مرور جديدة برمز استرداد
recovery-code-advice = إذا لم يكن لحسابك عنوان بريد إلكتروني، أو أُضيف أول عنوان إليه خلال الأيام السبعة الماضية، فإن اسم المستخدم وأحد رموز الاسترداد يتيحان تعيين كلمة مرور جديدة.
recovery-code-missing = يُرجى إدخال أحد رموز الاسترداد.
recovery-code-refused = اسم المستخدم ورمز الاسترداد غير متطابقين، أو استُخدم الرمز من قبل، أو لحسابك عنوان بريد إلكتروني: في هذه الحالة اطلب رابطًا.
recovery-code-over = ظلت الصفحة مفتوحة وقتًا أطول من اللازم. أدخل اسم المستخدم ورمز الاسترداد مرة أخرى: ما زال الرمز صالحًا.
forgot-password-newest = ربما وصلت رسالة بالفعل: ابحث عن أحدثها، وفي مجلد الرسائل غير المرغوب فيها أيضًا. إذا لم يُستخدم الرابط الذي فيها بعد، فهو ما زال يعمل.
forgot-password-sent = إذا وُجد حساب باسم { $identifier }، فستصل رسالة فيها رابط إلى بريده الإلكتروني. يعمل الرابط لمدة { $minutes } دقيقة.

## تعيين كلمة المرور

set-password-title = اختيار كلمة المرور
set-password-for = للحساب { $identifier }
set-password = حفظ كلمة المرور
set-password-recover = يزيل هذا الرابط تطبيق المصادقة ورموز الاسترداد ومفاتيح المرور من الحساب، ويسجّل الخروج من جميع الأجهزة.
set-password-take-back = يعيد هذا الرابط { $old } بريدًا إلكترونيًا للحساب من جديد، ويسجّل الخروج من جميع الأجهزة.
set-password-take-back-gone = ستُزال هذه العناوين من الحساب:
set-password-take-back-own = إذا غيّرت البريد بنفسك، فأغلق هذه الصفحة: لم يحدث شيء بعد.
set-password-recent = أُضيف إلى حسابك خلال الأيام السبعة الماضية. حدّد ما لم تضفه بنفسك وستتم إزالته:
# $time is how long ago.
set-password-recent-since = أُضيف { $time }

## الموافقة

consent-title = السماح بالوصول
consent-title-client = يريد تطبيق { $client } الوصول إلى حسابك
consent-asks = سيتيح ذلك للتطبيق ما يلي:
consent-allow = السماح
consent-deny = عدم السماح
consent-destination = ستتم إعادة توجيهك إلى { $destination }.
consent-policy = سياسة الخصوصية
consent-terms = بنود الخدمة

scope-openid = التعرّف عليك
scope-openid-detail = لتعود إلى الحساب نفسه في المرة القادمة.
scope-profile = الاطّلاع على ملفك الشخصي
scope-profile-detail = اسمك وصورتك ولغتك وتفاصيل أخرى في ملفك الشخصي.
scope-email = الاطّلاع على عنوان بريدك الإلكتروني
scope-email-detail = ومعرفة ما إذا تم التحقق منه.
scope-address = الاطّلاع على عنوانك البريدي
scope-address-detail = كما ورد في ملفك الشخصي.
scope-phone = الاطّلاع على رقم هاتفك
scope-phone-detail = ومعرفة ما إذا تم التحقق منه.
scope-offline-access = البقاء على اتصال عندما لا تستخدم التطبيق
scope-offline-access-detail = إلى أن تزيل إذن الوصول.
scope-resource = استخدام «{ $resource }» نيابةً عنك
scope-of-resource = في «{ $resource }»
scope-other = استخدام الإذن «{ $scope }»

## المتابعة إلى تطبيق على الجهاز

continue-as-title = هل تريد المتابعة إلى { $client } بحساب { $account }؟
continue-as-advice = يريد تطبيق على هذا الجهاز استخدام حسابك. لا تتابع إلا إذا كنت قد فتحته بنفسك للتو.
continue-as-stop = إلغاء

## تسجيل الخروج

sign-out-title = هل تريد تسجيل الخروج من { $operator }؟
sign-out-meaning = سيتعيّن عليك تسجيل الدخول مرة أخرى في هذا المتصفح.
sign-out-asked = يريد تطبيق { $client } تسجيل خروجك. سيتعيّن عليك تسجيل الدخول مرة أخرى في هذا المتصفح.
sign-out-stay = عدم تسجيل الخروج
signed-out-title = تم تسجيل خروجك
signed-out-advice = إذا كان غيرك يستخدم هذا الكمبيوتر، يُرجى إغلاق نافذة المتصفح أيضًا.
signed-out-others = لا تزال حسابات أخرى مسجّلة الدخول في هذا المتصفح.
signed-out-again = تسجيل الدخول مرة أخرى

## الصفحة الرئيسية

home-signed-in = تم تسجيل دخولك
home-signed-in-advice = يمكن للتطبيقات التي تستخدم هذا الحساب تسجيل دخولك بدون طلب كلمة المرور مرة أخرى.
home-visitor = أنت هنا بصفة زائر
home-visitor-advice = لا يمكن لأحد تسجيل الدخول إلى هذا الحساب، ويضيع عند تسجيل الخروج أو إذا لم تستخدمه مدة من الزمن.
home-signed-out = لم يتم تسجيل دخولك
home-signed-out-advice = حساب واحد لدى { $operator } لكل التطبيقات التي تستخدمه.

## الحساب

home-account = إدارة حسابك
account-title = حسابك
account-profile = الملف الشخصي
account-password = كلمة المرور
account-sessions = الأجهزة
account-applications = التطبيقات
account-language = اللغة
account-save = حفظ
account-saved = تم حفظ التغييرات.
account-change-again = سجّلت الدخول من جديد. لم يتغيّر شيء بعد: أجرِ التغيير الآن.
account-name-too-long = هذا الاسم طويل جدًا. يُرجى اختصاره.
account-identifiers = بيانات تسجيل الدخول
account-verified = تم التحقق منه
account-unverified = لم يتم التحقق منه
account-verify = تأكيد
account-verify-of = تأكيد { $address }
account-verify-title = أكّد بريدك الإلكتروني
account-verify-advice = أرسلنا رسالة فيها رمز إلى { $address }. اكتب الرمز هنا، أو افتح الرابط الموجود في الرسالة في هذا المتصفح.
account-verify-by-link = أكّد أن { $address } بريدك الإلكتروني.
account-verified-now = تم تأكيد بريدك الإلكتروني.
account-mail-word = كلمتك في رسائلنا
account-mail-word-advice = اختر كلمة لا يعرفها أحد. تظهر في كل رسالة من { $operator } إليك، والرسالة التي لا تظهر فيها ليست منا.
account-email-change = تغيير البريد الإلكتروني
account-email-title = تغيير بريدك الإلكتروني
account-email-present = البريد الحالي هو { $address }.
account-email-advice = سنرسل رمزًا إلى البريد الجديد. ولن يتغير شيء حتى تكتب الرمز هنا.
account-email-way-back = يمكن التراجع عن التغيير خلال 7 أيام عبر رابط في رسالة إلى البريد الحالي، ما لم تعُد إلى بريد كان لك من قبل. إذا كان شخص آخر يقرأ بريدك هناك، فاطلب المساعدة من { $operator }.
account-email-new = البريد الإلكتروني الجديد
account-email-sent = أرسلنا رسالة فيها رمز إلى { $address }. اكتب الرمز هنا ليصبح هذا بريدك الإلكتروني.
account-email-start-again = لم تصل الرسالة؟ أعِد المحاولة أو استخدم بريدًا آخر
account-email-taken = لا يمكن استخدام هذا البريد. اختر بريدًا آخر.
account-email-same = هذا هو بريدك الإلكتروني الحالي.
account-email-changed = تم تغيير بريدك الإلكتروني.
account-others = حسابات أخرى في هذا المتصفح
account-password-title = تغيير كلمة المرور
account-password-end-others = تسجيل خروجي من جميع الأجهزة الأخرى، حيث ستطلب التطبيقات تسجيل الدخول مرة أخرى. أبقِ هذا الخيار محددًا إذا كان من الممكن أن يعرف شخص آخر كلمة مرورك.
account-password-none = ليس لهذا الحساب كلمة مرور.
account-password-current = كلمة المرور الحالية
account-password-current-missing = يُرجى إدخال كلمة المرور الحالية.
account-password-current-wrong = هذه ليست كلمة المرور الحالية.
account-password-changed = تم تغيير كلمة المرور، وتم تسجيل خروجك من جميع الأجهزة الأخرى.
account-password-changed-alone = تم تغيير كلمة المرور، ولا تزال مسجّلاً الدخول على أجهزتك الأخرى.
account-data = بياناتك
account-data-link = تنزيل بياناتك أو حذف حسابك
anonymous-meaning = أنت هنا بصفة زائر: لا يمكن لأحد تسجيل الدخول إلى هذا الحساب، ويضيع عند تسجيل الخروج أو إذا لم تستخدمه مدة من الزمن.
anonymous-keep = الاحتفاظ بهذا الحساب
sign-out-anonymous = من يسجّل الخروج بصفة زائر لا يمكنه العودة إلى ما فعله هنا: لا يمكن لأحد تسجيل الدخول إلى ذلك الحساب.
account-profile-back = العودة إلى ملفك الشخصي
account-export-meaning = ملف يضم كل ما هو مخزّن عنك: الملف الشخصي وبيانات تسجيل الدخول والأجهزة والتطبيقات والأحداث.
account-export = تنزيل بياناتك
account-delete-title = حذف حسابك
account-delete-meaning = سيتم تسجيل خروجك من كل مكان، وتفقد التطبيقات إمكانية الوصول. أما ما تحتفظ به عنك فحذفه من شأنها.
account-delete-grace = { $days ->
    [zero] سيُحذف الحساب بعد { $days } يوم. ويمكنك الاحتفاظ به بتسجيل الدخول قبل ذلك.
    [one] سيُحذف الحساب بعد يوم واحد. ويمكنك الاحتفاظ به بتسجيل الدخول قبل ذلك.
    [two] سيُحذف الحساب بعد يومين. ويمكنك الاحتفاظ به بتسجيل الدخول قبل ذلك.
    [few] سيُحذف الحساب بعد { $days } أيام. ويمكنك الاحتفاظ به بتسجيل الدخول قبل ذلك.
    [many] سيُحذف الحساب بعد { $days } يومًا. ويمكنك الاحتفاظ به بتسجيل الدخول قبل ذلك.
   *[other] سيُحذف الحساب بعد { $days } يوم. ويمكنك الاحتفاظ به بتسجيل الدخول قبل ذلك.
}
account-delete-sure = نعم، احذف حسابي
account-delete = حذف الحساب
account-delete-not-sure = أكّد أنك تريد حذف حسابك.
account-delete-last-administrator = أنت المسؤول الوحيد الذي يمكنه تسجيل الدخول، لذلك يبقى هذا الحساب.
account-leaving-title = تم تسجيل خروجك من كل مكان
account-leaving = سيُحذف حسابك: { $time }
account-leaving-advice = إذا أردت الاحتفاظ به، فسجّل الدخول قبل ذلك.
account-leaving-stay = تسجيل الدخول والاحتفاظ بالحساب
account-gone-title = حُذف حسابك
account-gone = تم تسجيل خروجك من كل مكان، ولا يمكن لأحد العودة إلى هذا الحساب.
account-gone-on = متابعة
account-security = الأمان
account-security-title = ما يحمي حسابك
account-security-on = مفعّل
account-security-back = العودة إلى الأمان
account-password-since = تم التغيير { $time }
passkey = مفتاح مرور
passkeys = مفاتيح المرور
account-passkeys-manage = تغيير مفاتيح المرور
account-passkeys-count = { $count ->
    [0] سجّل الدخول ببصمة الإصبع أو الوجه أو قفل الشاشة، من دون كلمة مرور.
    [zero] لا مفاتيح مرور
    [one] مفتاح مرور واحد
    [two] مفتاحا مرور
    [few] { $count } مفاتيح مرور
    [many] { $count } مفتاح مرور
   *[other] { $count } مفتاح مرور
}
account-passkeys-meaning = بمفتاح المرور تسجّل الدخول ببصمة الإصبع أو الوجه أو قفل الشاشة، ولا يمكن تسليمه إلى صفحة مزيفة.
account-passkey-add = إضافة مفتاح مرور
account-passkey-added = تمت إضافة مفتاح المرور.
account-passkey-renamed = تمت إعادة تسمية مفتاح المرور.
account-passkey-removed = تمت إزالة مفتاح المرور. انتهت الجلسات التي بدأت به على الأجهزة الأخرى. إذا ظل جهازك يعرضه، فاحذفه منه أيضًا.
account-passkey-failed = لم يُنشأ مفتاح مرور. ربما يوجد على هذا الجهاز مفتاح لحسابك من قبل.
account-passkey-refused = تعذّرت إضافة مفتاح المرور هذا. يُرجى إعادة المحاولة.
account-passkey-not-added = لم يُضَف أي مفتاح مرور، لأن وقتًا طويلًا مضى على تسجيل دخولك. يُرجى إضافته من جديد. وإن احتفظ جهازك بمفتاح، فاحذفه من هناك.
account-passkey-synced = على عدة أجهزة
account-passkey-bound = على جهاز واحد
account-passkey-since = أُضيف { $time }
account-passkey-automatic = أُنشئ تلقائيًا { $time }
account-passkey-used = آخر استخدام { $time }
account-passkey-unused = لم يُستخدم بعد
account-passkey-name = اسم مفتاح المرور
account-passkey-rename = إعادة تسمية
account-passkey-rename-of = إعادة تسمية: { $passkey }
account-passkey-remove = إزالة
account-passkey-remove-of = إزالة: { $passkey }
account-passkey-last = لا يمكن إزالة مفتاح المرور هذا، فلن تبقى طريقة لتسجيل الدخول.
account-passkey-required = يشترط { $operator } عاملًا ثانيًا لحسابك، لذلك لا يمكن إزالة مفتاح المرور هذا.
account-connections = الحسابات المرتبطة
account-connections-count = { $count ->
    [0] لا يوجد
    [zero] لا يوجد
    [one] حساب واحد
    [two] حسابان
    [few] { $count } حسابات
    [many] { $count } حسابًا
   *[other] { $count } حساب
  }
account-connections-manage = تغيير الحسابات المرتبطة
account-connections-meaning = يمكنك تسجيل الدخول هنا أيضًا بحساب لدى خدمة أخرى.
account-connection-add = ربط { $provider }
account-connection-since = رُبط { $time }
account-connection-used = آخر استخدام { $time }
account-connection-unused = لم يُستخدم بعد
account-connection-acting = يمكن لتطبيق { $client } استخدام هذا الحساب نيابةً عنك
account-connection-remove = فصل
account-connection-remove-of = فصل: { $connection }
account-connection-connected = رُبط الحساب.
account-connection-disconnected = فُصل الحساب.
account-connection-taken = ذلك الحساب مرتبط بحساب آخر هنا.
account-connection-last = لا يمكن فصل هذا الحساب، فلن تبقى طريقة لتسجيل الدخول.
account-connection-cancelled = لم يُربط شيء.
account-connection-failed = لم يُربط أي حساب. يُرجى إعادة المحاولة.
undo-connection-disconnect = هل تريد فصل هذا الحساب؟
undo-connection-connect = هل تريد ربط هذا الحساب من جديد؟
undo-connection-since = فُصل { $time }
undo-connection-again = الربط من جديد
undo-connection-meaning = سيُسجَّل الخروج من جميع الأجهزة، فربما أجرى هذا التغيير شخص آخر.
undo-connection-own = إذا أجريته بنفسك، فأغلق هذه الصفحة: لم يحدث شيء بعد.
undo-connection-disconnected = فُصل الحساب
undo-connection-connected = رُبط الحساب من جديد
undo-connection-done = سُجّل الخروج من جميع الأجهزة. إذا أجرى التغييرَ شخص آخر، فعيّن كلمة مرور جديدة الآن.
account-channels = البوتات المرتبطة
account-channels-count = { $count ->
    [0] لا يوجد
    [zero] لا يوجد
    [one] محادثة واحدة
    [two] محادثتان
    [few] { $count } محادثات
    [many] { $count } محادثة
   *[other] { $count } محادثة
  }
account-channels-manage = تغيير البوتات المرتبطة
account-channels-meaning = البوت المرتبط بحسابك يمكنه التصرف نيابةً عنك في محادثتك معه، ويمكنك تسجيل الدخول عن طريقه. لربط بوت افتحه من هنا، أو اطلب منه رمزًا وأدخله أدناه.
account-channel-used = آخر استخدام { $time }
account-channel-unused = لم تُستخدم بعد
account-channel-code = الرمز الذي يعرضه البوت
account-channel-named = يريد { $chat } الارتباط بحسابك في المحادثة مع { $bot }.
account-channel-named-advice = فقط إذا كان ذلك أنت: أدخل الرمز الذي يعرضه البوت في محادثتك أنت. إذا أرسل إليك شخص آخر هذا الرابط أو رمزًا فلا تربط شيئًا: سيتمكن من التصرف نيابةً عنك ومن تسجيل الدخول باسمك.
account-channel-open = افتح البوت واضغط «ابدأ» وأجب بـ«نعم»، ثم عُد إلى هذه الصفحة.
account-channel-open-bot = فتح { $bot }
account-channel-waiting = في انتظار ردك في المحادثة…
account-channel-cancel = عدم الربط
account-channel-came = هل هذا أنت: { $chat }، في المحادثة مع { $bot }؟
account-channel-confirm-meaning = من يكتب في تلك المحادثة يمكنه تسجيل الدخول إلى حسابك واستخدامه عن طريق البوت.
account-channel-acts = سيتصرف البوت نيابةً عنك في { $client }.
account-channel-confirm = نعم، اربط هذه المحادثة
account-channel-not-me = لا، لست أنا
account-channel-connected = رُبطت المحادثة.
account-channel-disconnected = فُصلت المحادثة.
account-channel-cancelled = لم يُربط شيء.
account-channel-wrong-code = الرمز خاطئ أو قديم أو مُستخدم. اطلب من البوت رمزًا آخر.
account-channel-too-many = أُدخلت رموز كثيرة جدًا. أعد المحاولة بعد عشر دقائق.
account-channel-taken = لم يُربط شيء: تلك المحادثة أو صاحبها يتبع حسابًا آخر هنا.
account-channel-another = لم يُربط شيء: هناك محادثة أخرى مرتبطة مع هذا البوت. افصلها أولًا.
account-channel-last = لا يمكن فصل هذه المحادثة، فلن تبقى طريقة لتسجيل الدخول.
account-channel-over = لم يُربط شيء: طال الأمر أو استُخدم الرابط. ابدأ من جديد.
sign-in-channel = التأكيد في { $bot }
sign-in-channel-title = التأكيد في { $bot }
sign-in-channel-number = افتح البوت واختر هذا الرقم هناك:
sign-in-channel-call-name = عنوان البريد الإلكتروني أو اسم المستخدم
sign-in-channel-call = أرسل إليّ رسالة
sign-in-channel-called = إذا كانت هناك محادثة مرتبطة بذلك الحساب فقد كتب البوت فيها. تتابع هذه الصفحة فور ردك.
sign-in-channel-look = لقد رددت
sign-in-channel-approved = لقد أكّدت تسجيل الدخول.
sign-in-channel-refused = لم يُسجَّل دخول أحد: رُفض الطلب أو اختير رقم آخر.
sign-in-channel-over = انتهت صلاحية هذا الطلب أو استُخدم من قبل. ابدأ من جديد.
sign-in-other-way = تسجيل الدخول بطريقة أخرى
ticket-title = هل تريد تسجيل الدخول إلى هذا الحساب؟
ticket-meaning = أنشأ البوت هذا الرابط لك. إذا أرسله إليك شخص آخر فأغلق هذه الصفحة: ستستخدم حسابه هو.
bot-hello = مرحبًا! هذا بوت { $operator }.
bot-help-link = ‎/link – ربط هذه المحادثة بحسابك
bot-help-login = ‎/login – الحصول على رابط لتسجيل الدخول
bot-help-register = ‎/register – إنشاء حساب
bot-code = سجّل الدخول في { $operator } وافتح «البوتات المرتبطة» في حسابك وأدخل هذا الرمز:

    { $code }

    يعمل مرة واحدة ولمدة 10 دقائق. وهو لك وحدك: من يسألك عنه يريد استخدام هذه المحادثة.
bot-code-open = فتح الصفحة
bot-bind-ask = هل تريد ربط هذه المحادثة بالحساب { $account } في { $operator }؟ إذا أرسل إليك شخص الرابط أو لم يكن الحساب لك فاختر «لا».
bot-yes = نعم
bot-no = لا
bot-bind-confirm = عُد الآن إلى المتصفح الذي بدأت فيه وأكّد هناك.
bot-bind-refused = لم يُربط شيء.
bot-bound = رُبطت هذه المحادثة بحسابك في { $operator }.
bot-taken = لم يُربط شيء: هذه المحادثة تتبع حسابًا آخر في { $operator }.
bot-another = لم يُربط شيء: هناك محادثة أخرى مرتبطة بذلك الحساب.
bot-over = انتهت صلاحية هذا الطلب أو استُخدم من قبل. ابدأ من جديد.
bot-not-bound = هذه المحادثة غير مرتبطة بحساب في { $operator }. اكتب ‎/link لربطها.
bot-sign-in-ask = يريد شخص تسجيل الدخول إلى حسابك في { $operator }: { $place }.

    إذا كنت أنت فاختر الرقم الذي تراه هناك. لا تختر أبدًا رقمًا يخبرك به أحد.
bot-sign-in-not-me = لست أنا
bot-sign-in-approved = تم التأكيد. تابع في المتصفح.
bot-sign-in-refused = رُفض الطلب. لم يُسجَّل دخول أحد.
bot-login = يسجّل هذا الرابط دخولك في { $operator }. يعمل مرة واحدة ولمدة 5 دقائق، وهو لك وحدك.
bot-login-open = تسجيل الدخول
bot-registered = حسابك في { $operator } جاهز، وهذه المحادثة مرتبطة به. اكتب ‎/login لفتحه؛ يمكنك هناك إضافة عنوان بريد إلكتروني وكلمة مرور.
bot-registered-before = هذه المحادثة مرتبطة بحسابك في { $operator } بالفعل.
bot-register-known = لديك حساب في { $operator } بالفعل. اكتب ‎/link لربط هذه المحادثة به.
bot-register-closed = لا يمكن إنشاء حساب هنا.
bot-too-many = طلبات كثيرة جدًا. أعد المحاولة بعد { $minutes } دقيقة.
account-authenticator = تطبيق المصادقة
account-authenticator-meaning = يعرض تطبيق على هاتفك رموزًا. ومن يعرف كلمة مرورك لا يمكنه تسجيل الدخول من دون رمز منها.
account-authenticator-set-up = إعداد تطبيق مصادقة
account-authenticator-since = تم الإعداد { $time }
account-authenticator-used = آخر استخدام { $time }
account-authenticator-steps = امسح الصورة ضوئيًا بتطبيق المصادقة، ثم أدخل الرمز الذي يعرضه التطبيق.
account-authenticator-picture = رمز QR لتطبيق المصادقة
account-authenticator-typing = لا يمكنني مسح الصورة
account-authenticator-key = اختر إدخال مفتاح في التطبيق، ثم اكتب هذا المفتاح:
account-authenticator-here = فتح تطبيق على هذا الجهاز
account-authenticator-confirm = تفعيل
account-authenticator-added = تم إعداد تطبيق المصادقة.
account-authenticator-replaced = تم إعداد تطبيق المصادقة الجديد. ولم تعد رموز التطبيق السابق صالحة.
account-authenticator-on = يُطلب منك رمز من التطبيق عند تسجيل الدخول.
account-authenticator-another = استخدام تطبيق آخر
account-authenticator-another-meaning = هل لديك هاتف جديد؟ أعِدّ التطبيق عليه ليحل محل التطبيق الحالي.
account-authenticator-another-ends = يظل التطبيق الحالي يعمل حتى تفعّل الجديد. وبعد ذلك تتوقف رموزه عن العمل، وتحصل على رموز استرداد جديدة، وتطلب جميع المتصفحات رمزًا من جديد.
account-authenticator-remove-meaning = من دون التطبيق تكفي كلمة المرور وحدها لتسجيل الدخول.
account-authenticator-remove-passkey = من دون التطبيق تسجّل الدخول بمفتاح المرور. ولا تكفي كلمة المرور وحدها.
account-authenticator-remove-codes = ستتوقف رموز الاسترداد عن العمل.
account-authenticator-remove = إزالة التطبيق
account-authenticator-required = يشترط { $operator } عاملًا ثانيًا لحسابك، والتطبيق هو العامل الوحيد لديك، لذلك لا يمكن إزالته.
account-authenticator-removed = تمت إزالة تطبيق المصادقة.
account-browsers-title = متصفحات لا تطلب رمزًا
account-browser-since = منذ: { $time }
account-browser-forget = طلب الرمز مجددًا
account-browser-forget-of = طلب الرمز مجددًا: { $device }
account-browser-forgotten = سيطلب ذلك المتصفح رمزًا من الآن فصاعدًا.
recovery-codes = رموز الاسترداد
recovery-codes-once = احفظ هذه الرموز حيث لا يجدها أحد غيرك. لا يمكنك عرضها مجددًا.
recovery-codes-replaced = تحل هذه الرموز محل أي رموز كانت لديك.
recovery-codes-file = رموز الاسترداد من { $operator }
recovery-codes-file-name = recovery-codes
recovery-codes-download = تنزيل
recovery-codes-print = طباعة
recovery-codes-kept = حفظت الرموز
recovery-codes-meaning = يتيح لك كل رمز استرداد تسجيل الدخول مرة واحدة إذا تعذّر استخدام تطبيق المصادقة.
recovery-codes-meaning-password = إذا نسيت كلمة المرور، فإن اسم المستخدم وأحد رموز الاسترداد يتيحان تعيين كلمة جديدة.
recovery-codes-left = { $count ->
    [zero] لم يبقَ أي رمز غير مستخدم.
    [one] بقي رمز واحد غير مستخدم.
    [two] بقي رمزان غير مستخدمين.
    [few] بقيت { $count } رموز غير مستخدمة.
    [many] بقي { $count } رمزًا غير مستخدم.
   *[other] بقي { $count } رمز غير مستخدم.
}
recovery-codes-made = تم إنشاؤها { $time }
recovery-codes-not-there = إذا لم تكن لديك، فأنشئ رموزًا جديدة.
recovery-codes-renew-meaning = تحل الرموز الجديدة محل الرموز التي لديك.
recovery-codes-renew-kept = تظل الرموز القديمة صالحة لتعيين كلمة مرور جديدة سبعة أيام، حتى لا يمنعك من الدخول من لا يعرف سوى كلمة مرورك.
recovery-codes-renew = إنشاء رموز جديدة
recovery-codes-not-needed = رموز الاسترداد مخصصة لمن لديه تطبيق مصادقة، وحسابك ليس لديه تطبيق.
activity-title = النشاط
activity-link = ما حدث في حسابك
activity-meaning = { $days ->
    [zero] ما حدث في حسابك خلال آخر { $days } يوم. إذا وجدت شيئًا لم تقم به، فغيّر كلمة المرور.
    [one] ما حدث في حسابك خلال اليوم الأخير. إذا وجدت شيئًا لم تقم به، فغيّر كلمة المرور.
    [two] ما حدث في حسابك خلال آخر يومين. إذا وجدت شيئًا لم تقم به، فغيّر كلمة المرور.
    [few] ما حدث في حسابك خلال آخر { $days } أيام. إذا وجدت شيئًا لم تقم به، فغيّر كلمة المرور.
    [many] ما حدث في حسابك خلال آخر { $days } يومًا. إذا وجدت شيئًا لم تقم به، فغيّر كلمة المرور.
   *[other] ما حدث في حسابك خلال آخر { $days } يوم. إذا وجدت شيئًا لم تقم به، فغيّر كلمة المرور.
}
activity-none = لم يحدث شيء خلال هذه المدة.
activity-time = { $time }
activity-by-operator = من قِبل المشغّل
activity-an-application = تطبيق
activity-older = الأقدم
activity-newest = الأحدث
activity-user-created = تم إنشاء الحساب
activity-anonymous-account-begun = بدأ الحساب بصفة زائر
activity-account-kept = احتُفظ بالحساب عند التسجيل
activity-user-disabled = تم تعطيل الحساب
activity-user-enabled = تم تفعيل الحساب
activity-user-unlocked = تم رفع الحظر بعد محاولات الدخول الفاشلة
activity-deletion-asked = تم طلب حذف الحساب
activity-deletion-begun = بدأ حذف الحساب
activity-deletion-taken-back = تم إلغاء حذف الحساب
activity-data-exported = تم تنزيل البيانات
activity-invitation-used = أُنشئ الحساب بدعوة
activity-terms-accepted = تمت الموافقة على شروط الخدمة
activity-terms-refused = لم تتم الموافقة على شروط الخدمة
activity-identifier-added = تمت إضافة بريد إلكتروني أو اسم مستخدم
activity-identifier-verified = تم تأكيد البريد الإلكتروني
activity-identifier-removed = تمت إزالة بريد إلكتروني أو اسم مستخدم
activity-address-taken-back = أُعيد بريدك الإلكتروني السابق عبر رابط في رسالة
activity-role-given = تم منح دور
activity-role-taken = تم سحب دور
activity-session-ended = تم تسجيل الخروج من جهاز واحد
activity-all-sessions-ended = تم تسجيل الخروج من جميع الأجهزة
activity-password-changed = تم تغيير كلمة المرور
activity-password-link-sent = تم إرسال رسالة بها رابط لتعيين كلمة المرور
activity-password-link-made = تم إنشاء رابط لتعيين كلمة المرور
activity-recovery-begun = تم إنشاء رابط لاسترداد الحساب
activity-signed-in = تم تسجيل الدخول
activity-sign-in-failed = فشل تسجيل الدخول
activity-guessing-suspected = محاولات دخول فاشلة من شبكات كثيرة
activity-password-door-closed = محاولات دخول فاشلة كثيرة: كلمة المرور تعمل فقط على الأجهزة التي استخدمتها
activity-second-factor-failed = رموز خاطئة كثيرة بعد كلمة مرور صحيحة
activity-passkey-failed = فشل الدخول بمفتاح مرور
activity-mail-code-failed = رموز خاطئة للدخول بالبريد
activity-authenticator-added = تم إعداد تطبيق المصادقة
activity-authenticator-replaced = تم استبدال تطبيق المصادقة بآخر
activity-authenticator-removed = تمت إزالة تطبيق المصادقة
activity-recovery-codes-made = تم إنشاء رموز استرداد جديدة
activity-recovery-codes-put-back = عادت رموز الاسترداد السابقة صالحة، ولم تعد الرموز الأحدث صالحة
activity-recovery-code-used = تم استخدام رمز استرداد
activity-passkey-added = تمت إضافة مفتاح مرور
activity-passkey-created-automatically = تمت إضافة مفتاح مرور أنشأه المتصفح تلقائيًا
activity-passkey-renamed = تمت إعادة تسمية مفتاح مرور
activity-passkey-removed = تمت إزالة مفتاح مرور
activity-upstream-linked = رُبط حساب لدى خدمة أخرى
activity-upstream-unlinked = فُصل حساب لدى خدمة أخرى
activity-upstream-change-undone = أُلغي تغيير في الحسابات المرتبطة عبر البريد
activity-upstream-token-given = حصل تطبيق على وصول إلى حساب مرتبط
activity-channel-bound = رُبط بوت
activity-channel-unbound = فُصل بوت
activity-channel-sign-in-refused = رُفض تسجيل دخول في المحادثة مع بوت
activity-passkey-counter-fell = تم رفض مفتاح مرور لأنه قد يكون نسخة
activity-browser-trusted = متصفح لم يعد يطلب رمزًا
activity-browser-forgotten = متصفح يطلب رمزًا مجددًا
activity-factors-reset = تمت إزالة وسائل التحقق الإضافية وتسجيل الخروج من جميع الأجهزة
activity-signed-out = تم تسجيل الخروج
activity-signed-out-elsewhere = تم تسجيل الخروج من جميع الأجهزة الأخرى
activity-consent-given = تم منح الوصول: { $client }
activity-consent-refused = تم رفض الوصول: { $client }
activity-consent-withdrawn = تمت إزالة الوصول: { $client }
activity-profile-changed = تم تغيير الملف الشخصي
activity-access-ended = تم إنهاء الوصول حرصًا على الأمان لأن رمزًا قديمًا استُخدم مرة أخرى: { $client }
account-sessions-title = الأجهزة التي تم تسجيل دخولك عليها
account-sessions-end-others = تسجيل الخروج من جميع الأجهزة الأخرى
account-sessions-ended = تم تسجيل خروجك من جميع الأجهزة الأخرى. التطبيقات التي حصلت على الوصول هناك فقدته.
account-sessions-end-all = تسجيل الخروج من كل مكان، ومن هذا الجهاز أيضًا
account-session-ended = تم تسجيل الخروج: { $device }. التطبيقات التي حصلت على الوصول هناك فقدته.
account-session-ended-unknown = انتهت الجلسة على الجهاز المحدد. التطبيقات التي حصلت على الوصول هناك فقدته.
account-session-end = تسجيل الخروج
account-session-end-of = تسجيل الخروج: { $device }
account-session-this = هذا الجهاز
account-session-device = متصفح { $browser } على { $system }
account-session-unknown = جهاز غير معروف
account-session-active = آخر نشاط: { $time }
account-session-began = تسجيل الدخول: { $time }
account-session-address = عنوان IP: { $address }
account-session-factors = طريقة تسجيل الدخول: { $factors }
account-session-applications = التطبيقات: { $names }
account-session-by-code = رمز
account-session-by-mail = رسالة بريد إلكتروني
account-session-by-upstream = حساب لدى خدمة أخرى
list = { $before }، { $next }
account-applications-title = التطبيقات التي يمكنها الوصول إلى حسابك
account-applications-none = لا يمكن لأي تطبيق الوصول إلى حسابك.
account-application-since = منح إذن الوصول: { $time }
account-application-withdraw = إزالة إذن الوصول
account-application-withdraw-of = إزالة إذن الوصول: { $client }
account-application-withdrawn = لم يعد بإمكان التطبيق الوصول إلى حسابك.

## في الطريق إلى التطبيق

leaving-title = جارٍ نقلك إلى التطبيق
leaving-advice = سيستغرق ذلك لحظات. إذا لم يحدث شيء، يُرجى اختيار «متابعة».

## ما المشكلة، وما العمل

error-details = التفاصيل
error-code = الرمز
error-status = الحالة
error-parameter = المعلمة
error-request = معرّف الطلب
reference-code = إذا طلبت المساعدة فاذكر الرمز { $code }.
error-home = الانتقال إلى الصفحة الرئيسية
error-retry = إعادة المحاولة
error-account = الانتقال إلى حسابك
error-bad-application = أرسل التطبيق طلبًا غير صالح
error-missing-client-id-advice = لم يحدد الطلب التطبيق الذي أرسله. يُرجى العودة إلى التطبيق وإعادة المحاولة. إذا استمرت المشكلة، يُرجى إبلاغ المسؤولين عن التطبيق.
error-unknown-client = لا نعرف هذا التطبيق
error-unknown-client-advice = هذا التطبيق غير مسجّل هنا، لذا يتعذّر تسجيل دخولك إليه. يُرجى التحقق من العنوان الذي بدأت منه، أو إبلاغ المسؤولين عن التطبيق.
error-disabled-client = تم إيقاف هذا التطبيق
error-disabled-client-advice = لا يمكن تسجيل الدخول إليه حاليًا. يمكن للمسؤولين عنه تزويدك بالتفاصيل.
error-missing-redirect-uri-advice = لم يحدد الطلب وجهتك بعد تسجيل الدخول. يُرجى العودة إلى التطبيق وإعادة المحاولة. إذا استمرت المشكلة، يُرجى إبلاغ المسؤولين عن التطبيق.
error-unregistered-redirect-uri = أوقفنا هذه العملية لحمايتك
error-unregistered-redirect-uri-advice = طلب التطبيق نقلك إلى عنوان غير مسجّل له. ليس عليك فعل أي شيء. يُرجى إبلاغ المسؤولين عن التطبيق.
error-unregistered-post-logout-redirect-uri = أوقفنا هذه العملية لحمايتك
error-unregistered-post-logout-redirect-uri-advice = طلب التطبيق نقلك بعد تسجيل الخروج إلى عنوان غير مسجّل له. يُرجى إبلاغ المسؤولين عن التطبيق.
error-repeated-parameter-advice = تم إرسال إحدى معلماته مرتين. يُرجى إبلاغ المسؤولين عن التطبيق.
error-invalid-hint-advice = لا يمكن الوثوق بما أرسله التطبيق عن حسابك. يُرجى العودة إلى التطبيق وإعادة المحاولة. إذا استمرت المشكلة، يُرجى إبلاغ المسؤولين عن التطبيق.
error-bad-request = تعذّرت قراءة هذا الطلب
error-bad-request-advice = يُرجى العودة إلى المكان الذي بدأت منه وإعادة المحاولة.
error-interaction-expired = انتهت صلاحية هذه الصفحة
error-interaction-expired-advice = كانت مفتوحة لفترة طويلة، أو اكتمل تسجيل دخولك في مكان آخر. يُرجى العودة إلى التطبيق والبدء من جديد. لن تفقد أي شيء.
error-foreign-form = انتهت صلاحية هذا النموذج
error-foreign-form-advice = حفاظًا على أمانك، لا يعمل النموذج إلا لفترة محدودة وفي المتصفح الذي فُتح فيه. يُرجى الرجوع وإعادة تحميل الصفحة ثم إعادة المحاولة.
error-cookies-off = يحظر متصفحك ملفات تعريف الارتباط
error-cookies-off-advice = هذه الملفات ضرورية لتسجيل الدخول. يُرجى السماح بها لهذا الموقع، ثم العودة إلى التطبيق والبدء من جديد. إذا كنت قد بدأت في متصفح آخر، يُرجى المتابعة هناك.
error-spent-link = لم يعد هذا الرابط صالحًا
error-spent-link-advice = تعمل مثل هذه الروابط مرة واحدة وتنتهي صلاحيتها بعد فترة. يُرجى طلب رابط جديد من المصدر نفسه.
error-address-taken = أصبح هذا البريد الإلكتروني لحساب آخر
error-address-taken-advice = لذلك تعذّرت إعادته ولم يتغيّر شيء. سجّل الدخول إلى ذلك الحساب وغيّر بريده الإلكتروني أو احذف الحساب، ثم افتح الرابط من جديد.
error-sign-up-off = إنشاء الحسابات غير متاح
error-sign-up-off-advice = إذا كنت بحاجة إلى حساب، يُرجى التواصل مع المسؤولين عن هذه الخدمة.
error-mail-off = لا ترسل هذه الخدمة رسائل بريد
error-mail-off-advice = ما طلبته يتم عبر البريد الإلكتروني. تواصل مع القائمين على هذه الخدمة.
error-outside-networks = لا يمكن استخدام حسابك من هذه الشبكة
error-outside-networks-advice = يُسمح باستخدامه من شبكات معيّنة فقط، مثل شبكة مؤسستك. اتصل بإحدى هذه الشبكات وحاول مرة أخرى، أو تواصل مع القائمين على هذه الخدمة.
error-not-found = لم يتم العثور على الصفحة
error-not-found-advice = يُرجى التحقق من العنوان، أو العودة إلى المكان الذي بدأت منه.
error-misdirected-advice = عنوان هذه الخدمة مختلف. يُرجى التحقق من العنوان، أو العودة إلى المكان الذي بدأت منه.
error-too-large = الطلب كبير جدًا
error-too-slow = استغرق الطلب وقتًا طويلًا جدًا
error-too-slow-advice = قد يكون اتصالك بطيئًا. يُرجى إعادة المحاولة.
error-too-many-requests = طلبات كثيرة جدًا
error-too-many-requests-advice = { $seconds ->
    [zero] يُرجى الانتظار { $seconds } ثانية، ثم إعادة المحاولة.
    [one] يُرجى الانتظار ثانية واحدة، ثم إعادة المحاولة.
    [two] يُرجى الانتظار ثانيتين، ثم إعادة المحاولة.
    [few] يُرجى الانتظار { $seconds } ثوانٍ، ثم إعادة المحاولة.
    [many] يُرجى الانتظار { $seconds } ثانية، ثم إعادة المحاولة.
   *[other] يُرجى الانتظار { $seconds } ثانية، ثم إعادة المحاولة.
}
error-busy = الخدمة مشغولة
error-busy-advice = يُرجى إعادة المحاولة بعد بضع ثوانٍ.
error-internal = حدث خطأ ما
error-internal-advice = لم يكن ذلك خطأك. يُرجى إعادة المحاولة بعد قليل. إذا تكررت المشكلة، يُرجى إبلاغ المسؤولين عن هذه الخدمة وتزويدهم بمعرّف الطلب الوارد ضمن «التفاصيل».

# الصيانة
error-maintenance = سنعود قريبًا
error-maintenance-advice = الخدمة متوقفة للصيانة. يُرجى إعادة المحاولة بعد قليل.
error-maintenance-minutes = { $minutes ->
    [zero] الخدمة متوقفة للصيانة. يُرجى إعادة المحاولة بعد قليل.
    [one] الخدمة متوقفة للصيانة. يُرجى إعادة المحاولة بعد دقيقة تقريبًا.
    [two] الخدمة متوقفة للصيانة. يُرجى إعادة المحاولة بعد دقيقتين تقريبًا.
    [few] الخدمة متوقفة للصيانة. يُرجى إعادة المحاولة بعد { $minutes } دقائق تقريبًا.
    [many] الخدمة متوقفة للصيانة. يُرجى إعادة المحاولة بعد { $minutes } دقيقة تقريبًا.
   *[other] الخدمة متوقفة للصيانة. يُرجى إعادة المحاولة بعد { $minutes } دقيقة تقريبًا.
}
error-maintenance-hours = { $hours ->
    [zero] الخدمة متوقفة للصيانة. يُرجى إعادة المحاولة بعد قليل.
    [one] الخدمة متوقفة للصيانة. يُرجى إعادة المحاولة بعد ساعة تقريبًا.
    [two] الخدمة متوقفة للصيانة. يُرجى إعادة المحاولة بعد ساعتين تقريبًا.
    [few] الخدمة متوقفة للصيانة. يُرجى إعادة المحاولة بعد { $hours } ساعات تقريبًا.
    [many] الخدمة متوقفة للصيانة. يُرجى إعادة المحاولة بعد { $hours } ساعة تقريبًا.
   *[other] الخدمة متوقفة للصيانة. يُرجى إعادة المحاولة بعد { $hours } ساعة تقريبًا.
}

## الرسائل

letter-minutes = { $count ->
    [zero] { $count } دقيقة
    [one] دقيقة واحدة
    [two] دقيقتين
    [few] { $count } دقائق
    [many] { $count } دقيقة
   *[other] { $count } دقيقة
}
letter-hours = { $count ->
    [zero] { $count } ساعة
    [one] ساعة واحدة
    [two] ساعتين
    [few] { $count } ساعات
    [many] { $count } ساعة
   *[other] { $count } ساعة
}
letter-days = { $count ->
    [zero] { $count } يوم
    [one] يوم واحد
    [two] يومين
    [few] { $count } أيام
    [many] { $count } يومًا
   *[other] { $count } يوم
}
letter-when = الوقت:
letter-device = الجهاز:
letter-address = عنوان IP:
letter-account = حسابك
letter-not-you = إذا لم تكن أنت من فعل ذلك، فعيّن كلمة مرور جديدة فورًا، وتحقق في حسابك من الأجهزة التي سُجّل الدخول منها.
letter-added-not-you = إذا لم تكن أنت من فعل ذلك، فافتح صفحة تسجيل الدخول فورًا واختر «تعيين كلمة مرور جديدة عبر البريد» ضمن «هل تواجه مشكلة في تسجيل الدخول؟». وإن لم تعرض الصفحة التي تُعيَّن فيها كلمة المرور الجديدة إزالة ما أُضيف، فاطلب المساعدة من { $operator }.
letter-foot = أُرسلت هذه الرسالة من { $operator } إلى { $address }.
letter-test = تصل الرسائل من { $operator }
letter-test-text = هذه رسالة تجريبية. إذا كنت تقرؤها، فإعدادات البريد في { $operator } تعمل.
letter-reset = تعيين كلمة مرور جديدة
letter-reset-text = طلب شخص ما، لعله أنت، رابطًا لتعيين كلمة مرور جديدة لحسابك في { $operator }. يعمل الرابط مرة واحدة خلال { $time } من وقت طلبه. وإذا وصلتك رسالة أحدث من هذا النوع فاستخدمها.
letter-reset-link = تعيين كلمة مرور جديدة
letter-reset-not-you = إذا لم تكن أنت من طلب ذلك، فلا تفعل شيئًا: ستبقى كلمة المرور كما هي.
letter-new-device = تسجيل دخول جديد إلى حسابك
letter-new-device-text = سجّل شخص ما الدخول إلى حسابك في { $operator } من متصفح لم تستخدمه من قبل.
letter-password-changed = تم تغيير كلمة المرور
letter-password-changed-text = تم تغيير كلمة مرور حسابك في { $operator }. وتم تسجيل الخروج من جميع الأجهزة الأخرى.
letter-password-changed-alone-text = تم تغيير كلمة مرور حسابك في { $operator }. ولا يزال تسجيل الدخول قائمًا على الأجهزة الأخرى.
letter-passkey-added = تمت إضافة مفتاح مرور
letter-passkey-added-text = تمت إضافة مفتاح مرور إلى حسابك في { $operator }. ويمكن استخدامه لتسجيل الدخول.
letter-passkey-automatic-text = بعد تسجيل دخولك بكلمة المرور في { $operator }، أنشأ متصفحك مفتاح مرور لحسابك. يمكن استخدامه لتسجيل الدخول، ويمكنك إزالته من حسابك.
letter-passkey-removed = تمت إزالة مفتاح مرور
letter-passkey-removed-text = تمت إزالة مفتاح مرور من حسابك في { $operator }.
letter-upstream-linked = رُبط حساب
letter-upstream-linked-text = رُبط حساب لدى خدمة أخرى بحسابك في { $operator }. ويمكن استخدامه لتسجيل الدخول.
letter-upstream-unlinked = فُصل حساب
letter-upstream-unlinked-text = فُصل حساب لدى خدمة أخرى عن حسابك في { $operator }.
letter-upstream-undo-link = إلغاء هذا التغيير
letter-upstream-undo-not-you = إذا لم تكن أنت من فعل ذلك، فافتح هذا الرابط خلال { $time }: يلغي التغيير ويسجّل الخروج من جميع الأجهزة. ثم عيّن كلمة مرور جديدة.
letter-channel-bound = رُبط بوت
letter-channel-bound-text = رُبطت محادثة مع بوت بحسابك في { $operator }. يمكن للبوت التصرف نيابةً عنك هناك، ويمكن تسجيل الدخول عن طريق المحادثة.
letter-channel-unbound = فُصل بوت
letter-channel-unbound-text = فُصلت محادثة مع بوت عن حسابك في { $operator }.
letter-authenticator-added = تمت إضافة تطبيق مصادقة
letter-authenticator-added-text = تمت إضافة تطبيق يعرض الرموز إلى حسابك في { $operator }. ومن الآن يُطلب هذا الرمز عند تسجيل الدخول.
letter-authenticator-replaced = تم استبدال تطبيق المصادقة
letter-authenticator-replaced-text = يعرض الآن تطبيق آخر رموز حسابك في { $operator }. ولم تعد رموز التطبيق السابق صالحة.
letter-authenticator-removed = تمت إزالة تطبيق المصادقة
letter-authenticator-removed-text = تمت إزالة التطبيق الذي يعرض الرموز من حسابك في { $operator }.
letter-recovery-begun = تم إنشاء رابط لاسترداد حسابك
letter-recovery-begun-text = أنشأ شخص لديه وصول إلى الخادم رابطًا يعيّن كلمة مرور جديدة لحسابك في { $operator } ويزيل وسائل التحقق الإضافية.
letter-recovery-code-used = تم استخدام رمز استرداد
letter-recovery-code-used-text = سجّل شخص ما الدخول إلى حسابك في { $operator } بأحد رموز الاسترداد الخاصة بك. ولا يمكن استخدامه مرة أخرى.
letter-recovery-codes-renewed = تم إنشاء رموز استرداد جديدة
letter-recovery-codes-renewed-text = تم إنشاء رموز استرداد جديدة لحسابك في { $operator }. ولم تعد الرموز السابقة تعمل.
letter-code = الرمز:
letter-address-changed = تم تغيير بريدك الإلكتروني
letter-address-changed-text = كان البريد الإلكتروني لحسابك في { $operator } هو { $old }، وأصبح الآن { $new }.
letter-address-given-up-not-you = إذا لم تكن أنت من فعل ذلك، فاطلب المساعدة من { $operator } فورًا. لم يعد من الممكن استخدام هذا العنوان لتسجيل الدخول أو لتعيين كلمة مرور جديدة.
letter-address-replaced-link = إعادة هذا البريد
letter-address-replaced-not-you = إذا لم تكن أنت من فعل ذلك، فافتح هذا الرابط خلال { $time }: يعيد هذا البريد، ويسجّل الخروج من جميع الأجهزة، ويتيح لك اختيار كلمة مرور جديدة. وحتى ذلك الحين لا يمكن استخدام هذا البريد لتسجيل الدخول. وإذا لم يعد الرابط يعمل، فاطلب المساعدة من { $operator }.
letter-address-taken-back = تم التراجع عن تغيير بريدك الإلكتروني
letter-address-taken-back-text = عاد البريد الإلكتروني لحسابك في { $operator } إلى { $old } ولم يعد { $new }. أعاده رابط في الرسالة المرسلة إلى { $old }.
letter-address-taken-back-not-you = إذا لم تكن أنت من فعل ذلك، فاطلب المساعدة من { $operator } فورًا. لم يعد من الممكن استخدام هذا العنوان لتسجيل الدخول أو لتعيين كلمة مرور جديدة.
letter-address-added-text = تمت إضافة البريد الإلكتروني { $new } إلى حسابك في { $operator }.
letter-deletion-asked = سيُحذف حسابك
letter-deletion-asked-text = طلب شخص ما، لعله أنت، حذف حسابك في { $operator }. وتم تسجيل الخروج من جميع الأجهزة. سيُحذف الحساب في { $due }، ويبقى إذا سُجّل الدخول إليه قبل ذلك.
letter-deletion-asked-link = تسجيل الدخول للاحتفاظ بالحساب
letter-deletion-taken-back = لن يُحذف حسابك
letter-deletion-taken-back-text = سجّل شخص ما، لعله أنت، الدخول إلى حسابك في { $operator }. لذلك أُلغي حذفه ويبقى الحساب.
letter-data-exported = تم تنزيل بياناتك
letter-data-exported-text = تم تنزيل كل ما تحتفظ به { $operator } عن حسابك في ملف.
letter-mail-word-changed = تم تغيير كلمتك في رسائلنا
letter-mail-word-changed-text = تم تغيير أو حذف الكلمة التي تظهر لك في رسائل { $operator }. ما زالت هذه الرسالة تُظهر الكلمة السابقة.
letter-mail-word-chosen-text = تم اختيار كلمة ستظهر من الآن في رسائل { $operator } إليك.
letter-verify = أكّد بريدك الإلكتروني
letter-verify-text = أكّد أن { $address } بريدك: افتح الرابط في المتصفح الذي سجّلت فيه الدخول إلى { $operator }، أو اكتب الرمز هناك. يعمل كلاهما مرة واحدة خلال { $time } من وقت الطلب. وإذا وصلتك رسالة أحدث من هذا النوع فاستخدمها.
letter-verify-link = تأكيد هذا البريد
letter-verify-not-you = إذا كنت لا تعرف سبب وصول هذه الرسالة، فلا تفعل شيئًا، ولا تعطِ الرمز لأحد.
letter-change-address = أكّد بريدك الإلكتروني الجديد
letter-change-address-text = اكتب هذا الرمز في حسابك في { $operator } ليصبح { $address } بريده الإلكتروني. يعمل الرمز مرة واحدة خلال { $time } من وقت الطلب. وإذا وصلتك رسالة أحدث من هذا النوع فاستخدمها.
letter-sign-in = رمز تسجيل الدخول
letter-sign-in-text = يريد شخص ما، لعله أنت، تسجيل الدخول إلى { $operator }. اكتب الرمز في الصفحة التي تطلبه، أو افتح الرابط في المتصفح نفسه. يعمل كلاهما مرة واحدة خلال { $time } من وقت الطلب. وإذا وصلتك رسالة أحدث من هذا النوع فاستخدمها.
letter-sign-in-link = تسجيل الدخول
letter-sign-in-not-you = إذا لم تكن أنت من طلب ذلك، فلا تفعل شيئًا، ولا تعطِ الرمز لأحد مهما كان.
letter-invitation = أنت مدعو إلى { $operator }
letter-invitation-text = أنت مدعو إلى إنشاء حساب لدى { $operator } بالعنوان { $address }. يعمل الرابط مرة واحدة خلال { $time }.
letter-invitation-link = إنشاء حساب
letter-invitation-not-you = إذا كنت لا تريد حسابًا، فلا يلزمك فعل شيء.
letter-registered = لديك حساب بالفعل
letter-registered-text = أراد شخص ما، لعله أنت، إنشاء حساب في { $operator } بهذا البريد الإلكتروني. يوجد حساب بالفعل: سجّل الدخول إليه. وإذا كنت لا تعرف كلمة المرور، فصفحة تسجيل الدخول تقودك إلى تعيين كلمة جديدة.
letter-registered-link = تسجيل الدخول
letter-registered-not-you = إذا لم تكن أنت من فعل ذلك، فلا تفعل شيئًا: لم يتغير شيء.
letter-sign-up = أكّد بريدك الإلكتروني
letter-sign-up-text = يريد شخص ما، لعله أنت، إنشاء حساب في { $operator } بالبريد { $address }. اكتب هذا الرمز في الصفحة التي تطلبه. يعمل الرمز مرة واحدة خلال { $time } من وقت الطلب. وإذا وصلتك رسالة أحدث من هذا النوع فاستخدمها.
letter-word = كلمتك:

## هذه اللغة

language-name = العربية
