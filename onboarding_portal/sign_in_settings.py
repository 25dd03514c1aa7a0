"""The settings of signing in. Owners: a code by e-mail. Staff: a password, at the admin only."""

from datetime import timedelta

from onboarding_portal import owner_limits

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "onboarding_portal.accounts.sign_in.backends.PasswordsEndHere",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["onboarding_portal.accounts.hashing.BoundedPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "vehicles:list"
LOGOUT_REDIRECT_URL = "home"
SESSION_ENGINE = "onboarding_portal.accounts.sessions"  # staff's are shorter
SESSION_COOKIE_AGE = int(timedelta(days=30).total_seconds())

ACCOUNT_ADAPTER = "onboarding_portal.accounts.sign_in.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = int(timedelta(minutes=15).total_seconds())
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_TIMEOUT = int(timedelta(hours=1).total_seconds())  # with the codes that are sent again
# "ip" is the network address, which many owners may share (mobile carriers). What "key" is, each line says.
ACCOUNT_RATE_LIMITS = {
    "request_login_code": "100/15m/ip,5/15m/key",  # address and network together: accounts/sign_in/code_limits.py
    "request_login_code_from_anywhere": "40/60m/key",  # the address: what one mailbox gets
    "request_login_code_in_known_browser": "5/15m/key",  # the browser and the address
    "resend_login_code": "1/15m/key",  # the session that holds a code and the address
    "confirm_login_code": "3/60m/key",  # the code
    "confirm_fresh_code": "3/60m/key",  # the code
    "change_own_account": "30/60m/key",  # the owner
    "ask_for_other_address": "5/60m/key",  # the owner
    "confirm_other_address": "3/60m/key",  # both codes
    "export_own_data": "10/60m/key",  # the owner
    "ask_helper": "5/1d/key",  # the owner
    "ask_helper_from_anywhere": "5/1d/key",  # the helper's address: what one mailbox gets
    "follow_reconnect_link": "100/15m/ip,20/15m/key",  # the link
    "password_in_known_browser": "10/15m/key",  # the browser and the address
    "change_password": "10/15m/key",  # whose password
    "forgotten_password": "100/15m/ip,5/15m/key",  # address and network together, as for codes
    "forgotten_password_from_anywhere": "20/60m/key",  # the address: what one mailbox gets
    "forgotten_password_in_known_browser": "5/15m/key",  # the browser and the address
    "set_password": "10/15m/key",  # whose password
    "send_password_link": "10/15m/key",  # whose mailbox
    "single_sign_on": "60/15m/ip",
    "second_factor": "5/15m/key,40/1d/key",  # whose; only who has the password gets so far
    "change_second_factor": "20/15m/key",  # whose
    "second_factor_in_known_browser": "10/15m/key",  # the browser and the address
    **owner_limits.RATE_LIMITS,
}
ACCOUNT_EMAIL_VERIFICATION = "none"  # entering the mailed code is the verification
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # ours says more, see accounts/sign_in/mailed_code.py
ACCOUNT_SESSION_REMEMBER = True

# Guessing of staff passwords: locked by e-mail address and network address together, over all processes; and by
# each of them alone. All are failures within AXES_COOLOFF_TIME.
AXES_HANDLER = "onboarding_portal.accounts.sign_in.staff_attempts.StaffAttemptsHandler"
AXES_FAILURE_LIMIT = 5
STAFF_FAILURES_OF_A_NETWORK = 30
STAFF_FAILURES_OF_A_NAME = 50
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = (
    False  # who goes on trying neither writes rows nor prolongs it
)
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "onboarding_portal.accounts.sign_in.lock_out.tried_address"
AXES_CLIENT_IP_CALLABLE = "onboarding_portal.accounts.sign_in.lock_out.tried_from"
AXES_LOCKOUT_CALLABLE = "onboarding_portal.operations.views.locked_out"
AXES_ENABLE_ADMIN = False  # ours is tidier, see accounts/admin/wrong_passwords.py
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_DISABLE_ACCESS_LOG = True  # it would keep every sign-in of every owner, with address and browser
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address"]
AXES_VERBOSE = False
