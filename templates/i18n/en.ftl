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
username = Username
name = Your name
optional = (optional)
choose-account = Choose an account
another-account = Use another account
no-account = New here?
have-account = Already have an account?
anonymous-name = Visitor
anonymous-go-on = Continue without an account
anonymous-go-on-again = Continue as a visitor
sign-in-anonymous-refused = You cannot continue without an account here. Please sign in.
sign-in-with = Continue with { $provider }
sign-in-last-used = Last used
sign-in-provider-off = Not available
sign-in-provider-silent = Does not answer
sign-in-upstream-denied = The other provider did not sign you in. Try again, or sign in another way.
sign-in-upstream-not-allowed = This account is not among those that may be used here. Try another one, or sign in another way.
sign-in-upstream-off = Nobody can sign in that way at the moment. Please sign in another way.
sign-in-upstream-unreachable = The other provider does not answer at the moment. Try again later, or sign in another way.
sign-in-upstream-failed = Signing in with the other provider did not work. Try again, or sign in another way.
sign-in-upstream-refused = This account cannot be used.
sign-in-channel-not-confirmed = This sign-in was not confirmed in the chat, or was already used. Start again.
telegram-title = Signing in with Telegram
telegram-needs-script = Telegram’s answer can only be read by a script. Allow scripts for this page, or sign in another way.
telegram-another-way = Sign in another way
telegram-confirm-title = Sign in as { $person }?
telegram-confirm-lead = A button of { $bot } in Telegram has led here.
telegram-confirm-advice = If you did not press it a moment ago, do not sign in: somebody may have sent you a link to their own account.
telegram-confirm-no = Do not sign in
new-here-title = Welcome
new-here-lead = Your account at { $provider } is not connected to an account here yet.
new-here-known = An account here has this email address. Sign in to it; then you can connect your account at { $provider }.
new-here-closed = No new accounts are made this way. If you have an account here, sign in to it; then you can connect your account at { $provider }.
new-here-create = Create an account
new-here-connect = Sign in to my account here
connect-title = Connect your account at { $provider }?
connect-meaning = Whoever can sign in to this account at { $provider } can then sign in to your account here. Connect it only if it is yours.
connect-yes = Connect
connect-later = Not now
problem = Error:
# $time is a date and a time of day.
try-again-from = You can try again from { $time }.
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
password-own-words = This password is made of your name, your email address or the name of this site. Use other words.
password-stolen = This password, or one much like it, appears in lists of stolen passwords. Use a different one.
password-too-common = This password is too easy to guess. Use one that is harder to guess.

## Signing in

sign-in-title = Sign in
sign-in-for-client = to continue to { $client }
keep-signed-in = Keep me signed in on this device
sign-in-accounts = Choose an account that is signed in here
sign-in-again = To keep your account safe, please sign in again.
sign-in-wants-passkey = { $client } asks for your passkey. Please sign in with it.
sign-in-other-account = { $client } expects a different account. Please sign in with that one.
sign-in-identifier-missing = Enter your email or username.
sign-in-refused = We couldn’t sign you in. The email, username or password is wrong. Check them and try again. After several attempts, wait a minute first.
sign-in-too-many-tries = { $seconds ->
    [one] Too many attempts. Wait { $seconds } second, then try again.
   *[other] Too many attempts. Wait { $seconds } seconds, then try again.
}
sign-in-by-mail = Sign in with a code by email
sign-in-by-password = Sign in with a password
sign-in-by-mail-title = Sign in by email
sign-in-by-mail-advice = Enter your email address, and we’ll send you a code.
sign-in-by-mail-sent = If there is an account with { $address }, we have sent a code to this address. Type the code here, or open the link in the email in this browser.
sign-in-by-mail-number = If you open the link in another browser, it asks for this number: { $number }
sign-in-by-mail-link = You have opened the link from our email.
sign-in-by-mail-other = You did not ask for the email in this browser. Type the number that is shown in the browser where you did. If you did not ask for an email, close this page.
number = Number
number-wrong = This number is wrong. It is shown in the browser where you asked for the email.
passkey-sign-in = Sign in with a passkey
passkey-failed = No passkey was used. Try again, or sign in another way.
passkey-unable = Your browser cannot use passkeys here, or scripts are switched off.
passkey-too-late = That took too long. Please try again.
passkey-unknown = This passkey is not known here any more. Sign in another way, or with another passkey.
passkey-refused = We couldn’t sign you in with this passkey. Try again, or sign in another way.
passkey-offer-title = Sign in faster next time
passkey-offer-create = Create a passkey
passkey-offer-later = Not now
passkey-offer-advice = You can create one at any time in your account, under Security.
second-factor-passkey-title = Use your passkey
second-factor-passkey = To continue, confirm with your passkey that it’s you.
second-factor-passkey-lost = I can’t use my passkey
second-factor-passkey-help = If you added your first passkey in the last 7 days, you may be able to remove it while you set a new password by email. Otherwise, ask { $operator } for help.
second-factor-passkey-ask = Ask { $operator } for help.
trouble-title = Trouble signing in?
trouble-typing = Check that Caps Lock is off and that the keyboard is set to the right language.
trouble-forgotten = Forgot your password? Ask { $operator } for a link to set a new one.
trouble-reset = Set a new password by email
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
second-factor-asked-for = { $client } asks you to sign in with a second factor.
second-factor-not-now = Not now
second-factor-required = { $operator } requires a second factor for your account.
second-factor-missing = Enter the code from your authenticator app.
second-factor-wrong = This code is wrong or was used already. Enter the code that your app shows now.
second-factor-recovery-wrong = This recovery code is wrong or was used already.
second-factor-same-sheet = Your password was set with a recovery code, so another recovery code is not enough here. Enter a code from your authenticator app.
second-factor-too-many-tries = { $minutes ->
    [one] Too many wrong codes. Wait { $minutes } minute, then try again.
   *[other] Too many wrong codes. Wait { $minutes } minutes, then try again.
}
second-factor-over = Too many wrong codes. Please sign in again.

## The challenge before a sign-up

challenge-working = One moment: your browser is doing a short calculation that keeps automated sign-ups away.
challenge-without-scripts = Your browser runs no scripts here. Please take at least 20 seconds to fill in this form.
challenge-unproven = Please type your password again and send the form once more. Your browser has to show first that this is not an automated sign-up.
challenge-too-early = { $seconds ->
    [one] Wait { $seconds } second, type your password again, and send the form once more.
   *[other] Wait { $seconds } seconds, type your password again, and send the form once more.
}

## Creating an account

sign-up-title = Create your account
sign-up-for-client = to continue to { $client }
invitation-code = Invitation code
sign-up-invitation-missing = Enter the code of your invitation. Accounts are created by invitation only.
sign-up-invitation-invalid = This invitation does not work. The code may be mistyped, used up, expired or meant for another address. Ask whoever invited you for a new one.
sign-up-username-hint = Choose any name that is free. You will get recovery codes in case you forget your password.
sign-up-username-missing = Choose a username.
sign-up-username-malformed = A username has letters of one alphabet, digits, dots, underscores and hyphens.
sign-up-username-taken = Somebody has this username, or one that looks like it. Choose another.
sign-up-email-missing = Enter your email address.
sign-up-email-malformed = Enter a valid email address, such as anna@example.com.
sign-up-email-domain = Accounts cannot be created with addresses of this domain. Use the address that your organisation has given you.
sign-up-email-taken = An account with this email address already exists. Sign in instead, or use another address.
sign-up-done = Your account is ready.
sign-up-again-title = Your account is ready
sign-up-again = The account { $account } has been created, and you have used it in this browser.
sign-up-again-codes = Its recovery codes were shown once, when it was created. If you have not kept them, create new ones.
sign-up-terms = I accept the terms of service
sign-up-terms-missing = Accept the terms of service to create an account.
terms-read = Read the terms
terms-policy = Read the privacy policy
terms-title = Our terms of service
terms-advice = To continue to { $client }, accept the terms of { $operator } (version { $version }).
terms-changed = The terms of { $operator } have changed. To continue to { $client }, accept version { $version }.
terms-accept = Accept
terms-deny = Do not accept
terms-deny-meaning = If you do not accept the terms, you go back to { $client } and are not signed in there. You keep your account, and can still delete it or download your data.
sign-up-code-title = Confirm your email address
sign-up-start-again = Start again
sign-up-code-sent = We have sent a code to { $address }. Type it here to create your account.
sign-up-name-too-long = This name is too long. Please shorten it.
sign-up-keep = Keep what I have done here as a visitor
sign-up-keep-meaning = Apps that were used here then know you as the same person, and keep their access. They see your name and email address only once you use them again. If you have an account already, sign in instead: the two are not joined.
sign-up-nothing-to-keep = What was done here as a visitor cannot be kept: it ended, or belongs to an account already. Type your password again to create an account without it.

## Emails that are asked for

letter-send = Send the email
letter-sent-title = Check your email
letter-again = Send it again
letter-not-there = No email? Look in your spam folder, and check what you typed. If nothing has arrived after a minute, send it again.
letter-not-there-start-again = No email? Start again
code = Code
code-missing = Enter the six digits from the email.
code-wrong = This code is wrong. Check it and try again.
code-over = This code no longer works. Ask for a new one.
code-confirm = Confirm
letter-too-many = { $minutes ->
    [one] Too many emails. Wait { $minutes } minute, then try again.
   *[other] Too many emails. Wait { $minutes } minutes, then try again.
}
forgot-password-title = Set a new password
forgot-password-advice = Enter your email or username. If there is such an account, we’ll send a link to its email address.
forgot-password-by-code = Set a new password with a recovery code
recovery-code-title = Set a new password with a recovery code
recovery-code-advice = If your account has no email address, or got its first one in the last seven days, you can set a new password with your username and one of your recovery codes.
recovery-code-missing = Enter one of your recovery codes.
recovery-code-refused = The username and the recovery code do not belong together, the code was used before, or your account has an email address: then ask for a link.
recovery-code-over = The page was open for too long. Enter the username and the recovery code once more: the code still works.
forgot-password-newest = An email may be there already: look for the newest one, in your spam folder, too. If its link was not used yet, it still works.
forgot-password-sent = If there is an account for { $identifier }, we have sent a link to its email address. The link works for { $minutes } minutes.

## Setting a password

set-password-title = Choose your password
set-password-for = for the account { $identifier }
set-password = Save password
set-password-recover = This link removes the authenticator app, the recovery codes and the passkeys of the account, and signs out all its devices.
set-password-take-back = This link makes { $old } the email address of the account again, and signs out all devices.
set-password-take-back-gone = These addresses are removed from the account:
set-password-take-back-own = If you have changed the address yourself, close this page: nothing has happened yet.
set-password-recent = Added to your account in the last 7 days. To remove something that you did not add, tick it:
# $time is how long ago.
set-password-recent-since = Added { $time }

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
home-visitor = You are here as a visitor
home-visitor-advice = Nobody can sign in to this account. It is lost when you sign out, or when you do not use it for some time.
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
account-change-again = You have signed in again. Nothing has changed yet: make your change now.
account-name-too-long = This name is too long. Please shorten it.
account-identifiers = Sign-in details
account-verified = Verified
account-unverified = Not verified
account-verify = Verify
account-verify-of = Verify { $address }
account-verify-title = Verify your email address
account-verify-advice = We have sent a code to { $address }. Type the code here, or open the link in the email in this browser.
account-verify-by-link = Confirm that { $address } is your email address.
account-verified-now = Your email address is verified.
account-mail-word = Your word in our emails
account-mail-word-advice = Choose a word that only you know. Every email from { $operator } to you will show it; an email without it is not from us.
account-email-change = Change the email address
account-email-title = Change your email address
account-email-present = Now it is { $address }.
account-email-advice = We send a code to the new address. Nothing changes until you have typed it here.
account-email-way-back = For 7 days, a link in an email to the present address can undo the change, unless you go back to an address that you had before. If somebody else reads your mail there, ask { $operator } for help.
account-email-new = New email address
account-email-sent = We have sent a code to { $address }. Type the code here to make it your email address.
account-email-start-again = No email? Try again, or use another address
account-email-taken = This address can’t be used. Choose another one.
account-email-same = This is your email address already.
account-email-changed = Your email address is changed.
account-others = Other accounts in this browser
account-password-title = Change your password
account-password-end-others = Sign me out on all other devices; apps there will ask me to sign in again. Leave this on if somebody else may know your password.
account-password-none = This account has no password.
account-password-current = Current password
account-password-current-missing = Enter your current password.
account-password-current-wrong = This is not your current password.
account-password-changed = Your password is changed. You are signed out on all other devices.
account-password-changed-alone = Your password is changed. Your other devices stay signed in.
account-data = Your data
account-data-link = Download your data, or delete your account
anonymous-meaning = You are here as a visitor: nobody can sign in to this account, and it is lost when you sign out, or when you do not use it for some time.
anonymous-keep = Keep this account
sign-out-anonymous = Whoever signs out as a visitor cannot come back to what they have done here: nobody can sign in to that account.
account-profile-back = Back to your profile
account-export-meaning = A file with everything that is stored about you: profile, sign-in details, devices, apps, and what happened.
account-export = Download your data
account-delete-title = Delete your account
account-delete-meaning = You are signed out everywhere, and apps lose their access. What they keep about you is theirs to delete.
account-delete-grace = { $days ->
    [one] The account is deleted after { $days } day. Until then you can keep it by signing in.
   *[other] The account is deleted after { $days } days. Until then you can keep it by signing in.
}
account-delete-sure = Yes, delete my account
account-delete = Delete account
account-delete-not-sure = Confirm that you want to delete your account.
account-delete-last-administrator = You are the only administrator who can sign in, so this account stays.
account-leaving-title = You are signed out everywhere
account-leaving = Your account will be deleted: { $time }
account-leaving-advice = If you want to keep it, sign in before then.
account-leaving-stay = Sign in and keep the account
account-gone-title = Your account is deleted
account-gone = You are signed out everywhere, and nobody can come back to this account.
account-gone-on = Continue
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
account-passkeys-meaning = With a passkey you sign in with your fingerprint, face or screen lock. A fake page cannot steal it.
account-passkey-add = Add a passkey
account-passkey-added = The passkey is added.
account-passkey-renamed = The passkey is renamed.
account-passkey-removed = The passkey is removed. Other devices that signed in with it are signed out. If your device still offers it, delete it there, too.
account-passkey-failed = No passkey was created. Perhaps this device has one for your account already.
account-passkey-refused = This passkey could not be added. Please try again.
account-passkey-not-added = No passkey was added, because you had signed in too long ago. Please add it again. If your device has kept one, delete it there.
account-passkey-synced = On several devices
account-passkey-bound = On one device
account-passkey-since = Added { $time }
account-passkey-automatic = Created automatically { $time }
account-passkey-used = Last used { $time }
account-passkey-unused = Not used yet
account-passkey-name = Name of the passkey
account-passkey-rename = Rename
account-passkey-rename-of = Rename: { $passkey }
account-passkey-remove = Remove
account-passkey-remove-of = Remove: { $passkey }
account-passkey-last = This passkey cannot be removed: there would be no way left to sign in.
account-passkey-required = { $operator } requires a second factor for your account, so this passkey cannot be removed.
account-connections = Connected accounts
account-connections-count = { $count ->
    [0] None
    [one] { $count } account
   *[other] { $count } accounts
  }
account-connections-manage = Change the connected accounts
account-connections-meaning = With an account at another provider you can sign in here, too.
account-connection-add = Connect { $provider }
account-connection-since = Connected { $time }
account-connection-used = Last used { $time }
account-connection-unused = Not used yet
account-connection-acting = { $client } can use this account for you
account-connection-remove = Disconnect
account-connection-remove-of = Disconnect: { $connection }
account-connection-connected = The account is connected.
account-connection-disconnected = The account is disconnected.
account-connection-taken = That account is connected to another account here.
account-connection-last = This account cannot be disconnected: there would be no way left to sign in.
account-connection-cancelled = Nothing was connected.
account-connection-failed = No account was connected. Please try again.
undo-connection-disconnect = Disconnect this account?
undo-connection-connect = Connect this account again?
undo-connection-since = Disconnected { $time }
undo-connection-again = Connect again
undo-connection-meaning = All devices will be signed out, since somebody else may have made this change.
undo-connection-own = If you have made it yourself, close this page: nothing has happened yet.
undo-connection-disconnected = The account is disconnected
undo-connection-connected = The account is connected again
undo-connection-done = All devices are signed out. If somebody else made the change, set a new password now.
account-channels = Connected bots
account-channels-count = { $count ->
    [0] None
    [one] { $count } chat
   *[other] { $count } chats
  }
account-channels-manage = Change the connected bots
account-channels-meaning = A bot that is connected to your account can act for you in your chat with it, and you can sign in by it. To connect one, open it here, or ask the bot for a code and type it below.
account-channel-used = Last used { $time }
account-channel-unused = Not used yet
account-channel-code = Code that the bot shows
account-channel-named = { $chat } wants to be connected to your account, in the chat with { $bot }.
account-channel-named-advice = Only if that is you: type the code that the bot shows in your own chat. If somebody has sent you this link, or a code, connect nothing: they could act for you, and sign in as you.
account-channel-open = Open the bot, press Start, and answer Yes. Then come back to this page.
account-channel-open-bot = Open { $bot }
account-channel-waiting = Waiting for you to answer in the chat…
account-channel-cancel = Do not connect
account-channel-came = Is this you: { $chat }, in the chat with { $bot }?
account-channel-confirm-meaning = Whoever writes in that chat can sign in to your account, and use it by the bot.
account-channel-acts = The bot then acts for you at { $client }.
account-channel-confirm = Yes, connect this chat
account-channel-not-me = No, this is not me
account-channel-connected = The chat is connected.
account-channel-disconnected = The chat is disconnected.
account-channel-cancelled = Nothing was connected.
account-channel-wrong-code = That code is wrong, too old or was used. Ask the bot for another one.
account-channel-too-many = Too many codes were typed. Try again in ten minutes.
account-channel-taken = Nothing was connected: that chat, or its person, belongs to another account here.
account-channel-another = Nothing was connected: another chat with this bot is connected. Disconnect that one first.
account-channel-last = This chat cannot be disconnected: there would be no way left to sign in.
account-channel-over = Nothing was connected: it took too long, or the link was used. Begin again.
sign-in-channel = Confirm in { $bot }
sign-in-channel-title = Confirm in { $bot }
sign-in-channel-number = Open the bot and choose this number there:
sign-in-channel-call-name = Email address or username
sign-in-channel-call = Send me a message
sign-in-channel-called = If a chat is connected to that account, the bot has written there. This page goes on as soon as you have answered.
sign-in-channel-look = I have answered
sign-in-channel-approved = You have confirmed it.
sign-in-channel-refused = Nobody is signed in: the request was refused, or another number was chosen.
sign-in-channel-over = This request has expired or was already used. Start again.
sign-in-other-way = Sign in another way
ticket-title = Sign in to this account?
ticket-meaning = The link was made by a bot for you. If somebody else has sent it, close this page: you would use their account.
bot-hello = Hello! This bot belongs to { $operator }.
bot-help-link = /link – connect this chat to your account
bot-help-login = /login – get a link that signs you in
bot-help-register = /register – make an account
bot-code = Sign in at { $operator }, open “Connected bots” in your account, and type this code:

    { $code }

    It works once and for 10 minutes. It is for you alone: whoever else asks you for it wants to use this chat.
bot-code-open = Open the page
bot-bind-ask = Connect this chat to the account { $account } at { $operator }? If somebody has sent you the link, or the account is not yours, say no.
bot-yes = Yes
bot-no = No
bot-bind-confirm = Now go back to the browser in which you began, and confirm it there.
bot-bind-refused = Nothing was connected.
bot-bound = This chat is connected to your account at { $operator }.
bot-taken = Nothing was connected: this chat belongs to another account at { $operator }.
bot-another = Nothing was connected: another chat is connected to that account.
bot-over = This request has expired or was already used. Start again.
bot-not-bound = This chat is not connected to an account at { $operator }. Write /link to connect it.
bot-sign-in-ask = Somebody wants to sign in to your account at { $operator }: { $place }.

    If it is you, choose the number that you see there. Never choose one that somebody tells you.
bot-sign-in-not-me = It is not me
bot-sign-in-approved = Confirmed. Go on in the browser.
bot-sign-in-refused = Refused. Nobody was signed in.
bot-login = This link signs you in at { $operator }. It works once and for 5 minutes, and is for you alone.
bot-login-open = Sign in
bot-registered = Your account at { $operator } is there, and this chat is connected to it. Write /login to open it; there you can add an email address and a password.
bot-registered-before = This chat is connected to your account at { $operator } already.
bot-register-known = There is an account for you at { $operator } already. Write /link to connect this chat to it.
bot-register-closed = No account can be made here.
bot-too-many = Too many requests. Try again in { $minutes } min.
account-authenticator = Authenticator app
account-authenticator-meaning = An app on your phone shows codes. Your password alone is then not enough to sign in.
account-authenticator-set-up = Set up an authenticator app
account-authenticator-since = Set up { $time }
account-authenticator-used = Last used { $time }
account-authenticator-steps = Scan the picture with your authenticator app, then enter the code that the app shows.
account-authenticator-picture = QR code for your authenticator app
account-authenticator-typing = I can’t scan the picture
account-authenticator-key = Choose to enter a key in your app, and type this one:
account-authenticator-here = Open an app on this device
account-authenticator-confirm = Turn on
account-authenticator-added = Your authenticator app is set up.
account-authenticator-replaced = Your new authenticator app is set up. Codes of the app before no longer work.
account-authenticator-on = You are asked for a code of your app when you sign in.
account-authenticator-another = Use another app
account-authenticator-another-meaning = Do you have a new phone? Set up the app there, and it takes the place of this one.
account-authenticator-another-ends = Until you have turned it on, the app that you have now goes on working. Then its codes no longer work, you get new recovery codes, and all browsers ask for a code again.
account-authenticator-remove-meaning = Without the app, your password alone is enough to sign in.
account-authenticator-remove-passkey = Without the app, you sign in with your passkey. Your password alone is not enough.
account-authenticator-remove-codes = Your recovery codes will stop working.
account-authenticator-remove = Remove the app
account-authenticator-required = { $operator } requires a second factor for your account, and the app is your only one, so it cannot be removed.
account-authenticator-removed = The authenticator app is removed.
account-browsers-title = Browsers that don’t ask for a code
account-browser-since = Since { $time }
account-browser-forget = Ask again
account-browser-forget-of = Ask again: { $device }
account-browser-forgotten = That browser asks for a code from now on.
recovery-codes = Recovery codes
recovery-codes-once = Keep these codes where only you can find them. You cannot see them again.
recovery-codes-replaced = These codes replace any that you had.
recovery-codes-file = { $operator }: recovery codes
recovery-codes-file-name = recovery-codes
recovery-codes-download = Download
recovery-codes-print = Print
recovery-codes-kept = I have kept them
recovery-codes-meaning = Each recovery code signs you in once if you cannot use your authenticator app.
recovery-codes-meaning-password = If you forget your password, you can set a new one with your username and one of your recovery codes.
recovery-codes-left = { $count ->
    [0] No unused codes are left.
    [one] { $count } code is unused.
   *[other] { $count } codes are unused.
}
recovery-codes-made = Created { $time }
recovery-codes-not-there = If you don’t have them, create new ones.
recovery-codes-renew-meaning = New codes replace the ones that you have.
recovery-codes-renew-kept = The old ones can still set a new password for seven days, so that nobody who only knows your password can lock you out.
recovery-codes-renew = Create new codes
recovery-codes-not-needed = Your account needs no recovery codes: it has no authenticator app.
activity-title = Activity
activity-link = What has happened to your account
activity-meaning = { $days ->
    [one] What has happened to your account in the last { $days } day. If you do not recognise something here, change your password.
   *[other] What has happened to your account in the last { $days } days. If you do not recognise something here, change your password.
}
activity-none = Nothing has happened in this time.
activity-time = { $time }
activity-by-operator = By the operator
activity-an-application = an app
activity-older = Older
activity-newest = Newest
activity-user-created = Account created
activity-anonymous-account-begun = Account begun as a visitor
activity-account-kept = Account kept by signing up
activity-user-disabled = Account disabled
activity-user-enabled = Account enabled
activity-user-unlocked = Block after failed sign-ins lifted
activity-deletion-asked = Deletion of the account requested
activity-deletion-begun = Deletion of the account began
activity-deletion-taken-back = Deletion of the account cancelled
activity-data-exported = Data downloaded
activity-invitation-used = Joined by an invitation
activity-terms-accepted = Terms of service accepted
activity-terms-refused = Terms of service not accepted
activity-identifier-added = Email address or username added
activity-identifier-verified = Email address verified
activity-identifier-removed = Email address or username removed
activity-address-taken-back = Your old email address was put back by a link in an email
activity-role-given = Role given
activity-role-taken = Role taken away
activity-session-ended = Signed out on one device
activity-all-sessions-ended = Signed out on all devices
activity-password-changed = Password changed
activity-password-link-sent = Email with a link to set a password sent
activity-password-link-made = Link to set a password created
activity-recovery-begun = Link to recover the account created
activity-signed-in = Signed in
activity-sign-in-failed = Sign-in failed
activity-guessing-suspected = Failed sign-ins from many networks
activity-password-door-closed = Too many failed sign-ins: your password works only on devices that you have used
activity-second-factor-failed = Too many wrong codes after the right password
activity-passkey-failed = Sign-in with a passkey failed
activity-mail-code-failed = Wrong codes for a sign-in by email
activity-authenticator-added = Authenticator app set up
activity-authenticator-replaced = Authenticator app replaced by another one
activity-authenticator-removed = Authenticator app removed
activity-recovery-codes-made = New recovery codes created
activity-recovery-codes-put-back = Earlier recovery codes work again, and the newer ones no longer work
activity-recovery-code-used = Recovery code used
activity-passkey-added = Passkey added
activity-passkey-created-automatically = Passkey added, which your browser made by itself
activity-passkey-renamed = Passkey renamed
activity-passkey-removed = Passkey removed
activity-upstream-linked = Account at another provider connected
activity-upstream-unlinked = Account at another provider disconnected
activity-upstream-change-undone = Change of the connected accounts undone by email
activity-upstream-token-given = An application got access to a connected account
activity-channel-bound = Bot connected
activity-channel-unbound = Bot disconnected
activity-channel-sign-in-refused = Sign-in refused in the chat with a bot
activity-passkey-counter-fell = A passkey was refused, because it may be a copy
activity-browser-trusted = A browser no longer asks for a code
activity-browser-forgotten = A browser asks for a code again
activity-factors-reset = Second factors removed, signed out on all devices
activity-signed-out = Signed out
activity-signed-out-elsewhere = Signed out on all other devices
activity-consent-given = Access given: { $client }
activity-consent-refused = Access refused: { $client }
activity-consent-withdrawn = Access removed: { $client }
activity-profile-changed = Profile changed
activity-access-ended = Access ended for safety, since an old token was used again: { $client }
account-sessions-title = Where you are signed in
account-sessions-end-others = Sign out on all other devices
account-sessions-ended = You are signed out on all other devices. Apps that got access there have lost it.
account-sessions-end-all = Sign out everywhere, on this device too
account-session-ended = Signed out: { $device }. Apps that got access there have lost it.
account-session-ended-unknown = The session on the selected device has ended. Apps that got access there have lost it.
account-session-end = Sign out
account-session-end-of = Sign out: { $device }
account-session-this = This device
account-session-device = { $browser } on { $system }
account-session-unknown = Unknown device
account-session-active = Last activity: { $time }
account-session-began = Signed in: { $time }
account-session-address = IP address: { $address }
account-session-factors = Signed in with: { $factors }
account-session-applications = Apps: { $names }
account-session-by-code = code
account-session-by-mail = email
account-session-by-upstream = an account at another provider
list = { $before }, { $next }
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
reference-code = If you ask for help, mention the code { $code }.
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
error-spent-link-advice = Links like this work once and expire after a while. Ask for a new one where this one came from.
error-address-taken = Another account has this email address now
error-address-taken-advice = So it could not be put back, and nothing was changed. Sign in to that account and change its email address, or delete it. Then open the link again.
error-sign-up-off = Sign-up is closed
error-sign-up-off-advice = If you need an account, ask the people who run this service.
error-mail-off = This service sends no email
error-mail-off-advice = What you asked for is done by email. Ask the people who run this service.
error-outside-networks = Your account cannot be used from this network
error-outside-networks-advice = It can only be used from some networks, such as that of your organisation. Connect to such a network and try again, or ask the people who run this service.
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

## Letters

letter-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
letter-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
letter-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
letter-when = When:
letter-device = Device:
letter-address = IP address:
letter-account = Your account
letter-not-you = If this wasn’t you, set a new password at once, and check in your account which devices are signed in.
letter-added-not-you = If this wasn’t you, open the sign-in page at once and choose “Set a new password by email” under “Trouble signing in?”. If the page that sets the new password does not offer to remove what was added, ask { $operator } for help.
letter-foot = { $operator } sent this email to { $address }.
letter-test = Emails from { $operator } arrive
letter-test-text = This is a test. If you can read it, the mail settings of { $operator } work.
letter-reset = Set a new password
letter-reset-text = Somebody, probably you, asked for a link to set a new password for your account at { $operator }. It works once and expires { $time } after it was asked for. If a newer email like this one arrives, use that one.
letter-reset-link = Set a new password
letter-reset-not-you = If this wasn’t you, do nothing: your password stays as it is.
letter-new-device = New sign-in to your account
letter-new-device-text = Somebody signed in to your account at { $operator } in a browser that you haven’t used before.
letter-password-changed = Your password was changed
letter-password-changed-text = The password of your account at { $operator } was changed. All other devices were signed out.
letter-password-changed-alone-text = The password of your account at { $operator } was changed. Other devices stay signed in.
letter-passkey-added = A passkey was added
letter-passkey-added-text = A passkey was added to your account at { $operator }. It can be used to sign in.
letter-passkey-automatic-text = After you signed in with your password at { $operator }, your browser created a passkey for your account. It can be used to sign in. You can remove it in your account.
letter-passkey-removed = A passkey was removed
letter-passkey-removed-text = A passkey was removed from your account at { $operator }.
letter-upstream-linked = An account was connected
letter-upstream-linked-text = An account at another provider was connected to your account at { $operator }. It can be used to sign in.
letter-upstream-unlinked = An account was disconnected
letter-upstream-unlinked-text = An account at another provider was disconnected from your account at { $operator }.
letter-upstream-undo-link = Undo this change
letter-upstream-undo-not-you = If this wasn’t you, open this link within { $time }: it undoes the change and signs out all devices. Then set a new password.
letter-channel-bound = A bot was connected
letter-channel-bound-text = A chat with a bot was connected to your account at { $operator }. The bot can act for you there, and the chat can be used to sign in.
letter-channel-unbound = A bot was disconnected
letter-channel-unbound-text = A chat with a bot was disconnected from your account at { $operator }.
letter-authenticator-added = An authenticator app was added
letter-authenticator-added-text = An app that shows codes was added to your account at { $operator }. From now on, signing in asks for such a code.
letter-authenticator-replaced = Your authenticator app was replaced
letter-authenticator-replaced-text = Another app now shows the codes for your account at { $operator }. Codes of the app before no longer work.
letter-authenticator-removed = An authenticator app was removed
letter-authenticator-removed-text = The app that shows codes was removed from your account at { $operator }.
letter-recovery-begun = Somebody made a link to recover your account
letter-recovery-begun-text = Somebody with access to the server made a link that sets a new password for your account at { $operator } and removes its second factors.
letter-recovery-code-used = A recovery code was used
letter-recovery-code-used-text = Somebody signed in to your account at { $operator } with one of your recovery codes. It can’t be used again.
letter-recovery-codes-renewed = New recovery codes were created
letter-recovery-codes-renewed-text = New recovery codes were created for your account at { $operator }. The earlier ones no longer work.
letter-code = Code:
letter-address-changed = Your email address was changed
letter-address-changed-text = The email address of your account at { $operator } was { $old }. Now it is { $new }.
letter-address-given-up-not-you = If this wasn’t you, ask { $operator } for help at once. This address can no longer be used to sign in or to set a new password.
letter-address-replaced-link = Put this address back
letter-address-replaced-not-you = If this wasn’t you, open this link within { $time }: it puts this address back, signs out all devices, and lets you choose a new password. Until then, this address can’t be used to sign in. If the link no longer works, ask { $operator } for help.
letter-address-taken-back = The change of your email address was undone
letter-address-taken-back-text = The email address of your account at { $operator } is { $old } again, and no longer { $new }. A link in the email to { $old } put it back.
letter-address-taken-back-not-you = If this wasn’t you, ask { $operator } for help at once. This address can no longer be used to sign in or to set a new password.
letter-address-added-text = The email address { $new } was added to your account at { $operator }.
letter-deletion-asked = Your account will be deleted
letter-deletion-asked-text = Somebody, probably you, asked for the deletion of your account at { $operator }. All devices were signed out. The account will be deleted on { $due }. To keep it, sign in before then.
letter-deletion-asked-link = Sign in to keep the account
letter-deletion-taken-back = Your account will not be deleted
letter-deletion-taken-back-text = Somebody, probably you, signed in to your account at { $operator }. So its deletion is cancelled, and the account stays.
letter-data-exported = Your data was downloaded
letter-data-exported-text = Everything that { $operator } holds about your account was downloaded as a file.
letter-mail-word-changed = Your word in our emails was changed
letter-mail-word-changed-text = The word that emails from { $operator } show you was changed or removed. This email still shows the one from before.
letter-mail-word-chosen-text = A word was chosen that emails from { $operator } to you show from now on.
letter-verify = Confirm your email address
letter-verify-text = Confirm that { $address } is yours: open the link in the browser where you are signed in to { $operator }, or type the code there. Both work once and expire { $time } after they were asked for. If a newer email like this one arrives, use that one.
letter-verify-link = Confirm this address
letter-verify-not-you = If you don’t know why you got this email, do nothing, and give the code to nobody.
letter-change-address = Confirm your new email address
letter-change-address-text = Type this code in your account at { $operator } to make { $address } its email address. It works once and expires { $time } after it was asked for. If a newer email like this one arrives, use that one.
letter-sign-in = Your code to sign in
letter-sign-in-text = Somebody, probably you, wants to sign in to { $operator }. Type the code on the page that asks for it, or open the link in the same browser. Both work once and expire { $time } after they were asked for. If a newer email like this one arrives, use that one.
letter-sign-in-link = Sign in
letter-sign-in-not-you = If this wasn’t you, do nothing, and give the code to nobody, whoever asks for it.
letter-invitation = You are invited to { $operator }
letter-invitation-text = You are invited to create an account at { $operator } with { $address }. The link works once, within { $time }.
letter-invitation-link = Create account
letter-invitation-not-you = If you do not want an account, you don’t need to do anything.
letter-registered = You already have an account
letter-registered-text = Somebody, probably you, wanted to create an account at { $operator } with this email address. There is one already: sign in to it. If you don’t know its password, choose “Trouble signing in?” on the sign-in page.
letter-registered-link = Sign in
letter-registered-not-you = If this wasn’t you, do nothing: nothing was changed.
letter-sign-up = Confirm your email address
letter-sign-up-text = Somebody, probably you, wants to create an account at { $operator } with { $address }. Type this code on the page that asks for it. It works once and expires { $time } after it was asked for. If a newer email like this one arrives, use that one.
letter-word = Your word:

## This language

language-name = English
