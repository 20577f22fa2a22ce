### What people read on the pages of Latchkey. Every key is in every language; a test compares them with the pages.

## On several pages

sign-in = Sign in
sign-up = Create an account
sign-out = Sign out
continue = Continue
back-to-client = Back to { $client }
identifier = Username or email
email = Email
name = Your name
optional = (optional)
password = Password
password-new = New password
password-show = Show
password-hide = Hide
password-advice = { $least ->
    [one] At least { $least } character. A few words that only you would put together are easy to remember and hard to guess.
   *[other] At least { $least } characters. A few words that only you would put together are easy to remember and hard to guess.
}
choose-account = Choose an account
another-account = Use another account
no-account = New here?
have-account = Already have an account?
problem = Please check:
language-switch = Language

## Passwords that were not taken

password-missing = Enter a password.
password-too-short = { $least ->
    [one] This password is too short. It needs at least { $least } character.
   *[other] This password is too short. It needs at least { $least } characters.
}
password-too-long = This password is too long. Choose a shorter one.
password-too-common = This password is easy to guess. Choose one that nobody else would think of.

## Signing in

sign-in-title = Sign in
sign-in-for-client = to continue to { $client }
keep-signed-in = Keep me signed in on this device
sign-in-accounts = Choose an account that was used here
sign-in-again = To keep your account safe, please sign in once more.
sign-in-other-account = The application is waiting for a different account. Please sign in with that one.
sign-in-identifier-missing = Enter your username or email.
sign-in-refused = We couldn’t sign you in with these details. Check them and try again. After several attempts, wait a minute first.
sign-in-too-many-tries = { $seconds ->
    [one] Too many attempts. Wait { $seconds } second, then try again.
   *[other] Too many attempts. Wait { $seconds } seconds, then try again.
}

## Making an account

sign-up-title = Create your account
sign-up-for-client = to continue to { $client }
put-right = Something needs another look:
sign-up-email-missing = Enter your email address.
sign-up-email-malformed = This doesn’t look like an email address. An example is anna@example.com.
sign-up-email-taken = There is already an account with this email address. Sign in instead, or use another address.
sign-up-name-too-long = This name is too long for us. Please shorten it.

## Setting a password

set-password-title = Choose your password
set-password-for = for the account { $identifier }
set-password = Save password

## Consent

consent-title = Allow access
consent-title-client = { $client } asks for access to your account
consent-asks = It would be able to:
consent-allow = Allow
consent-deny = Don’t allow
consent-destination = After this you go to { $destination }.
consent-policy = Privacy policy
consent-terms = Terms of use

scope-openid = Recognise you
scope-openid-detail = So that you come back to the same account next time.
scope-profile = See your profile
scope-profile-detail = Your name, picture, language and what else your profile tells.
scope-email = See your email address
scope-email-detail = And whether it has been confirmed.
scope-address = See your postal address
scope-address-detail = As it is written in your profile.
scope-phone = See your phone number
scope-phone-detail = And whether it has been confirmed.
scope-offline-access = Keep this access while you are away
scope-offline-access-detail = Until you withdraw it, also when you are not using the application.
scope-resource = Use “{ $resource }” on your behalf
scope-of-resource = At “{ $resource }”
scope-other = Use the permission “{ $scope }”

## Going on to an application on the device

continue-as-title = Continue to { $client } as { $account }?
continue-as-advice = An application on this device asks for your account. Continue only if you have just started it yourself.
continue-as-stop = Don’t continue

## Signing out

sign-out-title = Sign out of { $operator }?
sign-out-meaning = You will need to sign in again in this browser.
sign-out-asked = { $client } asks to sign you out. You will need to sign in again in this browser.
sign-out-stay = Stay signed in
signed-out-title = You are signed out
signed-out-advice = If others use this computer, it is safest to close the browser window too.
signed-out-again = Sign in again

## The front page

home-signed-in = You are signed in
home-signed-in-advice = Applications that use this account can let you in without asking for your password again.
home-signed-out = You are not signed in
home-signed-out-advice = One account with { $operator } opens every application that uses it.

## One's own account

home-account = Manage your account
account-title = Your account
account-profile = Profile
account-password = Password
account-sessions = Devices
account-applications = Applications
account-language = Language
account-save = Save
account-saved = Your changes are saved.
account-name-too-long = This name is too long for us. Please shorten it.
account-identifiers = What you sign in with
account-verified = Confirmed
account-unverified = Not confirmed
account-others = Also signed in here
account-password-title = Change your password
account-password-meaning = All other devices are signed out then, and applications ask you to sign in again.
account-password-none = This account has no password.
account-password-current = Current password
account-password-current-missing = Enter your current password.
account-password-current-wrong = This isn’t your current password.
account-password-changed = Your new password is set. All other devices are signed out.
account-sessions-title = Where you are signed in
account-sessions-end-others = Sign out everywhere else
account-sessions-ended = You are signed out everywhere else.
account-session-ended = That device is signed out.
account-session-this = This device
account-session-device = { $browser } on { $system }
account-session-unknown = Unknown device
account-session-active = Last used { $time }
account-session-began = Signed in { $time }
account-applications-title = Applications that use your account
account-applications-none = No application uses your account.
account-application-since = Allowed { $time }
account-application-withdraw = Withdraw
account-application-withdrawn = This application can’t use your account any more.

## On the way to an application

leaving-title = Taking you back
leaving-advice = This takes a moment. If nothing happens, continue yourself.

## What went wrong, and what to do

error-code = Code
error-parameter = Parameter
error-request = Request
error-home = To the front page
error-bad-application = The application sent a request that isn’t right
error-missing-client-id-advice = It didn’t say which application it is. Go back to it and try again; if that doesn’t help, tell the people who run it.
error-unknown-client = We don’t know this application
error-unknown-client-advice = It isn’t registered here, so we can’t sign you in to it. Check the address where you started, or tell the people who run the application.
error-disabled-client = This application is switched off
error-disabled-client-advice = It can’t be used to sign in at the moment. The people who run it can tell you more.
error-missing-redirect-uri-advice = It didn’t say where to go afterwards. Go back to it and try again; if that doesn’t help, tell the people who run it.
error-unregistered-redirect-uri = We stopped here to keep you safe
error-unregistered-redirect-uri-advice = The application wants to send you to an address that isn’t registered for it. You don’t need to do anything; please tell the people who run the application.
error-unregistered-post-logout-redirect-uri-advice = The application wants to send you, after signing out, to an address that isn’t registered for it. Please tell the people who run the application.
error-repeated-parameter-advice = It says one thing twice, and we don’t guess which is meant. Please tell the people who run it.
error-invalid-hint-advice = What it told us about your account can’t be trusted. Go back to it and try again; if that doesn’t help, tell the people who run it.
error-bad-request = We couldn’t read this request
error-bad-request-advice = Go back to where you started and try again from there.
error-interaction-expired = This page has been open for too long
error-interaction-expired-advice = Or the sign-in was finished in another window. Go back to the application and start again; nothing is lost.
error-foreign-form = This form is out of date
error-foreign-form-advice = For your safety we only take forms that we gave to this browser a short while ago. Go back, reload the page and try again.
error-cookies-off = Your browser doesn’t keep our cookies
error-cookies-off-advice = Signing in needs them. Allow cookies for this address, then go back to the application and start again. If you began in another browser, go on there.
error-spent-link = This link doesn’t work any more
error-spent-link-advice = Links like this work once and for a short time. Ask for a new one from whoever gave it to you.
error-sign-up-off = New accounts aren’t open here
error-sign-up-off-advice = If you need an account, ask the people who run this service.
error-not-found = There is nothing at this address
error-not-found-advice = Check the address, or go back to where you started.
error-misdirected-advice = This service has another name. Check the address, or go back to where you started.
error-too-large = This is more than we can take
error-too-slow = That took too long
error-too-slow-advice = The connection may be slow. Please try again.
error-too-many-requests = Please slow down a little
error-too-many-requests-advice = { $seconds ->
    [one] Too many requests came from here. Wait { $seconds } second, then try again.
   *[other] Too many requests came from here. Wait { $seconds } seconds, then try again.
}
error-busy = There is a lot going on right now
error-busy-advice = Please try again in a few seconds.
error-internal = Something went wrong on our side
error-internal-advice = It isn’t your fault. Try again in a moment; if it happens again, give the request number below to the people who run this service.

# Links below every page, to the operator's own.
site-support = Help
site-policy = Privacy
site-terms = Terms
