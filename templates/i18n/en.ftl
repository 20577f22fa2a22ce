### What people read on the pages of Latchkey. Every key is in every language; a test compares them with the pages.

## On several pages

sign-in = Sign in
sign-up = Create account
sign-out = Sign out
sign-out-of = Sign out of { $account }
sign-out-of-all = Sign out of all accounts
change = Change
set-up = Set up
sign-in-once-more = Sign in again
continue = Continue
back-to-client = Back to { $client }
identifier = Email or username
email = Email
name = Your name
optional = (optional)
choose-account = Choose an account
another-account = Use another account
no-account = New here?
have-account = Already have an account?
problem = Error:
fix-these = Please fix the following:

# The links and the languages below every page.
language-switch = Language
site-support = Help
site-policy = Privacy
site-terms = Terms

## When something happened

ago-now = just now
ago-minutes = { $count ->
    [one] { $count } minute ago
   *[other] { $count } minutes ago
}
ago-hours = { $count ->
    [one] { $count } hour ago
   *[other] { $count } hours ago
}
ago-days = { $count ->
    [one] { $count } day ago
   *[other] { $count } days ago
}
ago-months = { $count ->
    [one] { $count } month ago
   *[other] { $count } months ago
}
ago-years = { $count ->
    [one] { $count } year ago
   *[other] { $count } years ago
}

## Passwords

password = Password
password-new = New password
password-show = Show password
password-show-new = Show new password
password-show-current = Show current password
password-caps-lock = Caps Lock is on.
password-advice = { $least ->
    [one] At least { $least } character. A few unrelated words are easy to remember and hard to guess.
   *[other] At least { $least } characters. A few unrelated words are easy to remember and hard to guess.
}
# The script beside the field replaces $count with the number of characters typed so far.
password-count = { $least ->
    [one] { $count } of { $least } character
   *[other] { $count } of { $least } characters
}
password-long-enough = Long enough.
password-missing = Enter a password.
password-too-short = { $least ->
    [one] This password is too short. Use at least { $least } character.
   *[other] This password is too short. Use at least { $least } characters.
}
password-too-long = This password is too long. Use a shorter one.
password-too-common = This password is too easy to guess. Use one that is harder to guess.

## Signing in

sign-in-title = Sign in
sign-in-for-client = to continue to { $client }
keep-signed-in = Keep me signed in on this device
sign-in-accounts = Choose an account that is signed in here
sign-in-again = To keep your account safe, please sign in again.
sign-in-other-account = { $client } expects a different account. Please sign in with that one.
sign-in-identifier-missing = Enter your email or username.
sign-in-refused = We couldn’t sign you in. The email, username or password is wrong. Check them and try again. After several attempts, wait a minute first.
sign-in-too-many-tries = { $seconds ->
    [one] Too many attempts. Wait { $seconds } second, then try again.
   *[other] Too many attempts. Wait { $seconds } seconds, then try again.
}
passkey-sign-in = Sign in with a passkey
passkey-failed = No passkey was used. Try again, or sign in another way.
passkey-unable = Your browser cannot use passkeys here, or scripts are switched off.
passkey-too-late = That took too long. Please try again.
passkey-unknown = This passkey is not known here any more. Sign in another way, or with another passkey.
passkey-refused = We couldn’t sign you in with this passkey. Try again, or sign in another way.
second-factor-passkey-title = Use your passkey
second-factor-passkey = To go on, prove with a passkey of your account that it is you.
trouble-title = Trouble signing in?
trouble-typing = Check that Caps Lock is off and that the keyboard is set to the right language.
trouble-forgotten = Forgot your password? Ask { $operator } for a link to set a new one.
trouble-support = Get help from { $operator }

## The second factor

second-factor-title = Enter your code
second-factor-code = Code from your authenticator app
second-factor-hint = Six digits, which change every 30 seconds.
second-factor-recovery-open = I can’t use my app
second-factor-recovery-code = Recovery code
second-factor-recovery-left = { $count ->
    [one] You have { $count } unused recovery code. Each works once.
   *[other] You have { $count } unused recovery codes. Each works once.
}
second-factor-recovery-none = You have no recovery codes left. Ask { $operator } for help.
second-factor-trust = { $days ->
    [one] Don’t ask for a code in this browser for { $days } day
   *[other] Don’t ask for a code in this browser for { $days } days
}
second-factor-required = { $operator } wants a second factor for your account.
second-factor-missing = Enter the code from your authenticator app.
second-factor-wrong = This code is wrong or was used already. Enter the code that your app shows now.
second-factor-recovery-wrong = This recovery code is wrong or was used already.
second-factor-too-many-tries = { $minutes ->
    [one] Too many wrong codes. Wait { $minutes } minute, then try again.
   *[other] Too many wrong codes. Wait { $minutes } minutes, then try again.
}
second-factor-over = Too many wrong codes. Please sign in again.

## Creating an account

sign-up-title = Create your account
sign-up-for-client = to continue to { $client }
sign-up-email-missing = Enter your email address.
sign-up-email-malformed = Enter a valid email address, such as anna@example.com.
sign-up-email-taken = An account with this email address already exists. Sign in instead, or use another address.
sign-up-name-too-long = This name is too long. Please shorten it.

## Setting a password

set-password-title = Choose your password
set-password-for = for the account { $identifier }
set-password = Save password

## Consent

consent-title = Allow access
consent-title-client = { $client } wants to access your account
consent-asks = This will allow it to:
consent-allow = Allow
consent-deny = Don’t allow
consent-destination = You will be redirected to { $destination }.
consent-policy = Privacy policy
consent-terms = Terms of service

scope-openid = Recognize you
scope-openid-detail = So that you return to the same account next time.
scope-profile = See your profile
scope-profile-detail = Your name, picture, language and other details in your profile.
scope-email = See your email address
scope-email-detail = And whether it is verified.
scope-address = See your postal address
scope-address-detail = As given in your profile.
scope-phone = See your phone number
scope-phone-detail = And whether it is verified.
scope-offline-access = Stay connected when you are not using the app
scope-offline-access-detail = Until you remove its access.
scope-resource = Use “{ $resource }” on your behalf
scope-of-resource = In “{ $resource }”
scope-other = Use the permission “{ $scope }”

## Continuing to an application on the device

continue-as-title = Continue to { $client } as { $account }?
continue-as-advice = An app on this device wants to use your account. Continue only if you have just opened it yourself.
continue-as-stop = Cancel

## Signing out

sign-out-title = Sign out of { $operator }?
sign-out-meaning = You will need to sign in again in this browser.
sign-out-asked = { $client } wants to sign you out. You will need to sign in again in this browser.
sign-out-stay = Stay signed in
signed-out-title = You are signed out
signed-out-advice = If you share this computer, close the browser window, too.
signed-out-others = Other accounts in this browser are still signed in.
signed-out-again = Sign in again

## The front page

home-signed-in = You are signed in
home-signed-in-advice = Apps that use this account can sign you in without asking for your password again.
home-signed-out = You are not signed in
home-signed-out-advice = One account with { $operator } for every app that uses it.

## The account

home-account = Manage your account
account-title = Your account
account-profile = Profile
account-password = Password
account-sessions = Devices
account-applications = Apps
account-language = Language
account-save = Save
account-saved = Your changes are saved.
account-name-too-long = This name is too long. Please shorten it.
account-identifiers = Sign-in details
account-verified = Verified
account-unverified = Not verified
account-others = Other accounts in this browser
account-password-title = Change your password
account-password-meaning = You will be signed out on all other devices, and apps will ask you to sign in again.
account-password-none = This account has no password.
account-password-current = Current password
account-password-current-missing = Enter your current password.
account-password-current-wrong = This is not your current password.
account-password-changed = Your password is changed. You are signed out on all other devices.
account-security = Security
account-security-title = What protects your account
account-security-on = On
account-security-back = Back to security
account-password-since = Changed { $time }
passkey = Passkey
passkeys = Passkeys
account-passkeys-manage = Change the passkeys
account-passkeys-count = { $count ->
    [0] Sign in with your fingerprint, face or screen lock, without a password.
    [one] { $count } passkey
   *[other] { $count } passkeys
}
account-passkeys-meaning = With a passkey you sign in by your fingerprint, face or screen lock. It cannot be given away to a false page.
account-passkey-add = Add a passkey
account-passkey-added = The passkey is added.
account-passkey-renamed = The passkey has another name.
account-passkey-removed = The passkey is removed. If your device still offers it, delete it there, too.
account-passkey-failed = No passkey was made. Perhaps this device has one for your account already.
account-passkey-refused = This passkey could not be added. Please try again.
account-passkey-synced = On several devices
account-passkey-bound = On one device
account-passkey-since = Added { $time }
account-passkey-used = Last used { $time }
account-passkey-unused = Not used yet
account-passkey-name = Name of the passkey
account-passkey-rename = Rename
account-passkey-rename-of = Rename: { $passkey }
account-passkey-remove = Remove
account-passkey-remove-of = Remove: { $passkey }
account-passkey-last = The last passkey cannot be removed: there would be no way left to sign in.
account-passkey-required = { $operator } wants a second factor for your account, so the last passkey cannot be removed.
account-authenticator = Authenticator app
account-authenticator-meaning = An app on your phone shows codes. Whoever knows your password cannot sign in without one.
account-authenticator-set-up = Set up an authenticator app
account-authenticator-manage = Change the authenticator app
account-authenticator-since = Set up { $time }
account-authenticator-used = Last used { $time }
account-authenticator-steps = Scan the picture with your authenticator app, then enter the code that the app shows.
account-authenticator-picture = QR code for your authenticator app
account-authenticator-typing = I can’t scan the picture
account-authenticator-key = Choose to enter a key in your app, and type this one:
account-authenticator-here = Open an app on this device
account-authenticator-confirm = Turn on
account-authenticator-added = Your authenticator app is set up.
account-authenticator-on = You are asked for a code of your app when you sign in.
account-authenticator-remove-meaning = Without the app, your password alone is enough to sign in. Your recovery codes stop working.
account-authenticator-remove = Remove the app
account-authenticator-required = { $operator } wants a second factor for your account, so the app cannot be removed.
account-authenticator-removed = The authenticator app is removed.
account-browsers-title = Browsers that don’t ask for a code
account-browser-since = Since { $time }
account-browser-forget = Ask again
account-browser-forget-of = Ask for a code again: { $device }
account-browser-forgotten = That browser asks for a code from now on.
recovery-codes = Recovery codes
recovery-codes-once = Keep these codes where only you find them. Each one signs you in once if you lose your phone. You cannot see them again.
recovery-codes-file = { $operator }: recovery codes
recovery-codes-file-name = recovery-codes
recovery-codes-download = Download
recovery-codes-print = Print
recovery-codes-kept = I have kept them
recovery-codes-meaning = Each recovery code signs you in once if you cannot use your authenticator app.
recovery-codes-left = { $count ->
    [one] { $count } code is unused.
   *[other] { $count } codes are unused.
}
recovery-codes-made = Made { $time }
recovery-codes-renew-meaning = New codes replace the ones that you have.
recovery-codes-renew = Make new codes
recovery-codes-not-needed = Recovery codes come with an authenticator app. Your account has none.
account-sessions-title = Where you are signed in
account-sessions-end-others = Sign out on all other devices
account-sessions-ended = You are signed out on all other devices.
account-session-ended = Signed out: { $device }.
account-session-ended-unknown = The session on the selected device has ended.
account-session-end = Sign out
account-session-end-of = Sign out: { $device }
account-session-this = This device
account-session-device = { $browser } on { $system }
account-session-unknown = Unknown device
account-session-active = Last activity: { $time }
account-session-began = Signed in: { $time }
account-session-address = IP address: { $address }
account-applications-title = Apps with access to your account
account-applications-none = No app has access to your account.
account-application-since = Access given: { $time }
account-application-withdraw = Remove access
account-application-withdraw-of = Remove access: { $client }
account-application-withdrawn = The app no longer has access to your account.

## On the way to an application

leaving-title = Taking you to the app
leaving-advice = This takes a moment. If nothing happens, select Continue.

## What went wrong, and what to do

error-details = Details
error-code = Code
error-status = Status
error-parameter = Parameter
error-request = Request ID
error-home = Go to the home page
error-retry = Try again
error-account = Go to your account
error-bad-application = The app sent an invalid request
error-missing-client-id-advice = It didn’t say which app it is. Go back to the app and try again. If that doesn’t help, tell the people who run it.
error-unknown-client = We don’t know this app
error-unknown-client-advice = It isn’t registered here, so we can’t sign you in to it. Check the address where you started, or tell the people who run the app.
error-disabled-client = This app is turned off
error-disabled-client-advice = You can’t sign in to it at the moment. The people who run it can tell you more.
error-missing-redirect-uri-advice = It didn’t say where to send you afterwards. Go back to the app and try again. If that doesn’t help, tell the people who run it.
error-unregistered-redirect-uri = We stopped this to protect you
error-unregistered-redirect-uri-advice = The app asked us to send you to an address that isn’t registered for it. You don’t need to do anything. Please tell the people who run the app.
error-unregistered-post-logout-redirect-uri = We stopped this to protect you
error-unregistered-post-logout-redirect-uri-advice = The app asked us to send you, after signing out, to an address that isn’t registered for it. Please tell the people who run the app.
error-repeated-parameter-advice = One of its parameters was sent twice. Please tell the people who run the app.
error-invalid-hint-advice = What it told us about your account can’t be trusted. Go back to the app and try again. If that doesn’t help, tell the people who run it.
error-bad-request = We couldn’t read this request
error-bad-request-advice = Go back to where you started and try again from there.
error-interaction-expired = This page has expired
error-interaction-expired-advice = It was open for too long, or you finished signing in elsewhere. Go back to the app and start again. Nothing is lost.
error-foreign-form = This form has expired
error-foreign-form-advice = For your safety, a form works only for a while and only in the browser where it was opened. Go back, reload the page and try again.
error-cookies-off = Your browser is blocking cookies
error-cookies-off-advice = Signing in needs them. Allow cookies for this site, then go back to the app and start again. If you started in another browser, continue there.
error-spent-link = This link no longer works
error-spent-link-advice = Links like this work once and expire after a while. Ask the people who sent it for a new one.
error-sign-up-off = Sign-up is closed
error-sign-up-off-advice = If you need an account, ask the people who run this service.
error-not-found = Page not found
error-not-found-advice = Check the address, or go back to where you started.
error-misdirected-advice = This service has a different address. Check the address, or go back to where you started.
error-too-large = The request is too large
error-too-slow = The request took too long
error-too-slow-advice = Your connection may be slow. Please try again.
error-too-many-requests = Too many requests
error-too-many-requests-advice = { $seconds ->
    [one] Wait { $seconds } second, then try again.
   *[other] Wait { $seconds } seconds, then try again.
}
error-busy = This service is busy
error-busy-advice = Please try again in a few seconds.
error-internal = Something went wrong
error-internal-advice = It isn’t your fault. Try again in a moment. If it happens again, tell the people who run this service, and give them the request ID that is under Details.

# Maintenance
error-maintenance = We’ll be back soon
error-maintenance-advice = This service is down for maintenance. Please try again a little later.
error-maintenance-minutes = { $minutes ->
    [one] This service is down for maintenance. Please try again in about { $minutes } minute.
   *[other] This service is down for maintenance. Please try again in about { $minutes } minutes.
}
error-maintenance-hours = { $hours ->
    [one] This service is down for maintenance. Please try again in about { $hours } hour.
   *[other] This service is down for maintenance. Please try again in about { $hours } hours.
}

## This language

language-name = English
