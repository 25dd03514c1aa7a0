"""Error texts of makers' and middlemen's connected-car services, as they were reported publicly. Facts only.

Above each entry is the address where the text was reported. `status_code` is None where the report does not give it.
"Library text" marks wording by a client library, not by the maker. Personal data is replaced by made-up values.
The cause is UNKNOWN where the text does not tell.
"""

from typing import NamedTuple

from onboarding_portal.vehicles.causes import Cause


class ReportedError(NamedTuple):
    service: str
    error_type: str | None
    error_code: str | None
    status_code: int | None
    error_detail: str
    cause: Cause


ENTRIES = (
    # https://github.com/teslamotors/vehicle-command/issues/132
    ReportedError("Tesla", "login_required", None, 401, "Login required", Cause.SIGN_IN_EXPIRED),
    # https://github.com/teslamotors/vehicle-command/issues/132
    ReportedError("Tesla", None, None, 401, '{"error": "token expired"}', Cause.SIGN_IN_EXPIRED),
    # https://github.com/timdorr/tesla-api/issues/233
    ReportedError(
        "Tesla",
        "invalid_grant",
        None,
        401,
        "The provided authorization grant is invalid, expired, revoked, does not match the "
        "redirection URI used in the authorization request, or was issued to another client.",
        Cause.SIGN_IN_EXPIRED,
    ),
    # https://github.com/jasonacox/Powerwall-Dashboard/issues/779
    ReportedError("Tesla", None, None, 401, "401 Client Error: token expired (401)", Cause.SIGN_IN_EXPIRED),
    # https://github.com/evcc-io/evcc/issues/17763  (Library text)
    ReportedError(
        "Mercedes",
        None,
        None,
        None,
        "cannot create vehicle type 'mercedes': token expired",
        Cause.SIGN_IN_EXPIRED,
    ),
    # https://github.com/Hyundai-Kia-Connect/hyundai_kia_connect_api/pull/726
    # (Hyundai/Kia Canada; make not stated)
    ReportedError(
        "Hyundai",
        None,
        "7403",
        None,
        "Your authentication has expired. Please return to the login page and enter your credentials.",
        Cause.SIGN_IN_EXPIRED,
    ),
    # https://github.com/andyfase/egmp-bluelink-scriptable/issues/49
    ReportedError(
        "Kia", None, "1003", 200, "Session Key is either invalid or expired", Cause.SIGN_IN_EXPIRED
    ),
    # https://github.com/flobz/psa_car_controller/issues/1010  (make not stated)
    ReportedError(
        "Peugeot",
        "invalid_grant",
        None,
        400,
        "The provided access grant is invalid, expired, or revoked.",
        Cause.SIGN_IN_EXPIRED,
    ),
    # https://github.com/flobz/psa_car_controller/issues/576  (make of this commenter's car not stated)
    ReportedError("Peugeot", "invalid_grant", None, None, "grant is invalid", Cause.SIGN_IN_EXPIRED),
    # https://github.com/michaelwoods/onstar2mqtt/issues/243
    ReportedError(
        "Chevrolet",
        "invalid_token",
        None,
        401,
        "Request Failed with status 401 - Unauthorized",
        Cause.SIGN_IN_EXPIRED,
    ),
    # https://smartcar.com/docs/errors/api-errors/connected-services-account-errors
    ReportedError(
        "Smartcar",
        "CONNECTED_SERVICES_ACCOUNT",
        "AUTHENTICATION_FAILED",
        400,
        "Smartcar was unable to authenticate with the user’s connected services account. Please "
        "prompt the user to re-authenticate using Smartcar Connect.",
        Cause.SIGN_IN_EXPIRED,
    ),
    # https://smartcar.com/docs/errors/v1.0/test-mode/
    ReportedError(
        "Smartcar",
        "vehicle_owner_action_required",
        "VOA_000",
        None,
        "Vehicle authentication failed. Please prompt the vehicle owner to log in again using Connect.",
        Cause.SIGN_IN_EXPIRED,
    ),
    # https://smartcar.com/docs/errors/api-errors/connected-services-account-errors
    ReportedError(
        "Smartcar",
        "CONNECTED_SERVICES_ACCOUNT",
        "PERMISSION",
        400,
        "The vehicle owner has revoked Smartcar’s access to their OEM account.",
        Cause.ACCESS_REVOKED,
    ),
    # https://github.com/SAIC-iSmart-API/saic-python-client-ng/issues/25
    ReportedError(
        "MG",
        None,
        "1100003",
        None,
        "Your authorization to use LSJW00000MADEUP01 has been revoked.",
        Cause.ACCESS_REVOKED,
    ),
    # https://github.com/teslamotors/vehicle-command/issues/139
    # (Issue title; there reported as sent without a real revocation)
    ReportedError("Tesla", None, None, 401, "User revoked consent", Cause.ACCESS_REVOKED),
    # https://github.com/teslamotors/vehicle-command/issues/199
    ReportedError(
        "Tesla",
        None,
        None,
        None,
        '{"response":null,"error":"Unauthorized missing scopes","error_description":""}',
        Cause.PERMISSIONS_MISSING,
    ),
    # https://github.com/teslamotors/vehicle-command/issues/153
    ReportedError(
        "Tesla",
        None,
        None,
        None,
        "insufficient scopes: missing token scopes: [user_data]",
        Cause.PERMISSIONS_MISSING,
    ),
    # https://github.com/home-assistant/core/issues/160408  (Library text)
    ReportedError("Tesla", None, None, None, "Missing vehicle commands scope", Cause.PERMISSIONS_MISSING),
    # https://smartcar.com/docs/errors/api-errors/permission-errors
    ReportedError(
        "Smartcar",
        "PERMISSION",
        None,
        403,
        "Your application has insufficient permissions to access the requested resource. Please "
        "prompt the user to re-authenticate using Smartcar Connect.",
        Cause.PERMISSIONS_MISSING,
    ),
    # https://github.com/robinostlund/homeassistant-volkswagencarnet/issues/318
    ReportedError(
        "VW",
        None,
        None,
        None,
        "Login failed for VW account, /signin-"
        "service/v1/00000000-0000-0000-0000-000000000000@apps_vw-dilab_com/terms-and-"
        "conditions?relayState=0000&updated=dataprivacy",
        Cause.TERMS_TO_ACCEPT,
    ),
    # https://github.com/evcc-io/evcc/issues/6495  (Library text)
    ReportedError(
        "VW",
        None,
        None,
        None,
        "cannot create vehicle 'id': terms of service updated- please open app or website and confirm",
        Cause.TERMS_TO_ACCEPT,
    ),
    # https://github.com/audiconnect/audi_connect_ha/issues/475
    ReportedError(
        "Audi",
        None,
        None,
        None,
        "LOGIN: Login to Audi service failed: /signin-service/v1/0000@apps_vw-dilab_com/terms-"
        "and-conditions?relayState=0000&canChangeCountryOfResidence=true",
        Cause.TERMS_TO_ACCEPT,
    ),
    # https://github.com/TA2k/ioBroker.vw-connect/issues/341  (Library text)
    ReportedError(
        "Audi",
        None,
        None,
        None,
        "Error in consent form. Please accept the Data Privacy Statement in the app after relogin",
        Cause.TERMS_TO_ACCEPT,
    ),
    # https://github.com/skodaconnect/homeassistant-myskoda/issues/976
    ReportedError(
        "Škoda",
        "MarketingConsentError",
        None,
        None,
        "Login with myskoda failed: https://identity.vwgroup.io/signin-service/v1/consent/marketing/ ...",
        Cause.TERMS_TO_ACCEPT,
    ),
    # https://github.com/WulfgarW/homeassistant-pycupra/issues/14  (Library text)
    ReportedError(
        "Cupra",
        None,
        None,
        None,
        "Login failed with error: The terms and conditions must be accepted first at your local "
        'SEAT/Cupra site, e.g. "https://cupraofficial.se/"',
        Cause.TERMS_TO_ACCEPT,
    ),
    # https://github.com/teslamotors/vehicle-command/issues/161
    ReportedError(
        "Tesla",
        None,
        None,
        None,
        "vehicle rejected request: your public key has not been paired with the vehicle",
        Cause.KEY_NOT_PAIRED,
    ),
    # https://github.com/teslamotors/vehicle-command/issues/226
    ReportedError(
        "Tesla",
        None,
        None,
        500,
        '{"response":null,"error":"vehicle rejected request: your public key has not been paired '
        'with the vehicle","error_description":""}',
        Cause.KEY_NOT_PAIRED,
    ),
    # https://github.com/evcc-io/evcc/issues/20316
    ReportedError(
        "Tesla",
        None,
        None,
        500,
        "Your vehicle has not been paired with the MyTeslamate key. Click this link to add the "
        "key on your vehicle https://www.tesla.com/_ak/tesla.myteslamate.com",
        Cause.KEY_NOT_PAIRED,
    ),
    # https://smartcar.com/docs/errors/api-errors/connected-services-account-errors
    ReportedError(
        "Smartcar",
        "CONNECTED_SERVICES_ACCOUNT",
        "VIRTUAL_KEY_REQUIRED",
        400,
        "The vehicle owner needs to grant additional access to Smartcar in order to perform this request.",
        Cause.KEY_NOT_PAIRED,
    ),
    # https://github.com/tesladdicts/testatus/issues/2  (Not API: shown on the web site after API 401s)
    ReportedError(
        "Tesla",
        None,
        None,
        None,
        "Your account has been locked due to too many failed login attempts. To unlock your "
        "account reset your password.",
        Cause.ACCOUNT_LOCKED,
    ),
    # https://github.com/bimmerconnected/bimmer_connected/issues/533
    # (Second-hand: commenter's account of captured traffic)
    ReportedError(
        "BMW",
        None,
        None,
        None,
        "Your account has been locked, please reset your password.",
        Cause.ACCOUNT_LOCKED,
    ),
    # https://developer.groupe-psa.io/mobile-sdk/references/errors/
    # (Doc table of the Stellantis mobile SDK, not one make)
    ReportedError(
        "Peugeot", "Gigya error", "2383", None, "error.accountTemporarilyLockedOut", Cause.ACCOUNT_LOCKED
    ),
    # https://github.com/itchannel/fordpass-ha/issues/486  (Not API: support e-mail)
    ReportedError(
        "Ford",
        None,
        None,
        None,
        "Your FordPass account has been disabled as we have noticed you are using a Third Party Software",
        Cause.ACCOUNT_LOCKED,
    ),
    # https://github.com/Hyundai-Kia-Connect/kia_uvo/issues/1673  (Library text)
    ReportedError(
        "Kia",
        None,
        None,
        None,
        "Config entry 'Kia USA' for kia_uvo integration could not authenticate: OTP required to "
        "refresh token",
        Cause.TWO_FACTOR_NEEDED,
    ),
    # https://github.com/flobz/psa_car_controller/issues/1064  (Library text; make not stated)
    ReportedError(
        "Peugeot",
        None,
        None,
        None,
        "Can't refresh remote token, please redo otp procedure",
        Cause.TWO_FACTOR_NEEDED,
    ),
    # https://github.com/BigThunderSR/onstar2mqtt/issues/753  (Library text, two log lines joined)
    ReportedError(
        "Chevrolet",
        "TimeoutError",
        None,
        None,
        "Current MFA page title: Verify it's you. Error in handleMFA: page.waitForSelector: "
        "Timeout 60000ms exceeded.",
        Cause.TWO_FACTOR_NEEDED,
    ),
    # https://smartcar.com/docs/errors/api-errors/connected-services-account-errors
    ReportedError(
        "Smartcar",
        "CONNECTED_SERVICES_ACCOUNT",
        "NO_VEHICLES",
        400,
        "No vehicles found in the user’s connected services account. Please prompt the user to "
        "add their vehicle to their connected services account and re-authenticate using Smartcar"
        " Connect.",
        Cause.VEHICLE_NOT_IN_ACCOUNT,
    ),
    # https://smartcar.com/docs/errors/api-errors/connected-services-account-errors
    ReportedError(
        "Smartcar",
        "CONNECTED_SERVICES_ACCOUNT",
        "VEHICLE_MISSING",
        400,
        "This vehicle is no longer associated with the user’s connected services account. Please "
        "prompt the user to re-add the vehicle to their account.",
        Cause.VEHICLE_NOT_IN_ACCOUNT,
    ),
    # https://github.com/pytoyoda/ha_toyota/issues/115
    ReportedError(
        "Toyota",
        "Unauthorized",
        "APIGW-403",
        403,
        "invalid guid and vin mapping",
        Cause.VEHICLE_NOT_IN_ACCOUNT,
    ),
    # https://github.com/Dielee/volvo2mqtt/issues/284  (Library text)
    ReportedError(
        "Volvo",
        None,
        None,
        None,
        "No vehicle in account driver@example.com found.",
        Cause.VEHICLE_NOT_IN_ACCOUNT,
    ),
    # https://github.com/evcc-io/evcc/issues/16726
    ReportedError("Volvo", "FORBIDDEN", None, 403, "No relationship to UUID", Cause.VEHICLE_NOT_IN_ACCOUNT),
    # https://github.com/pypolestar/polestar_api/issues/152
    # (Library text; reporter suspects region, text does not say so)
    ReportedError("Polestar", None, None, None, "No cars found in account", Cause.VEHICLE_NOT_IN_ACCOUNT),
    # https://github.com/townsmcp/mg-saic-ha/releases/tag/1.2.5-beta1  (Library text)
    ReportedError(
        "MG",
        None,
        None,
        None,
        "Login succeeded, but no vehicles are linked to this account. Add your vehicle in the MG "
        "iSMART app first, then try again.",
        Cause.VEHICLE_NOT_IN_ACCOUNT,
    ),
    # https://smartcar.com/docs/errors/api-errors/connected-services-account-errors
    ReportedError(
        "Smartcar",
        "CONNECTED_SERVICES_ACCOUNT",
        "SUBSCRIPTION",
        400,
        "The vehicle’s connected services subscription is inactive or does not support the "
        "requested API endpoint.",
        Cause.SUBSCRIPTION_LAPSED,
    ),
    # https://smartcar.com/docs/errors/connect-errors/invalid-subscription
    ReportedError(
        "Smartcar",
        "invalid_subscription",
        None,
        None,
        "User does not have an active connected vehicle subscription.",
        Cause.SUBSCRIPTION_LAPSED,
    ),
    # https://smartcar.com/docs/errors/v1.0/test-mode/
    ReportedError(
        "Smartcar",
        "vehicle_owner_action_required",
        "VOA_001",
        None,
        "Connected services subscription invalid or expired. Please prompt the vehicle owner to "
        "reactivate their subscription.",
        Cause.SUBSCRIPTION_LAPSED,
    ),
    # https://github.com/pytoyoda/ha_toyota/issues/296  (Library text)
    ReportedError("Lexus", None, "9", None, "SUBSCRIPTION_EXPIRED_PRIMARY_USER", Cause.SUBSCRIPTION_LAPSED),
    # https://github.com/widewing/ha-toyota-na/issues/82  (Library text)
    ReportedError(
        "Toyota",
        None,
        None,
        None,
        "Your 2022 COROLLA HYBRID LE SEDAN needs a remote services subscription to be used with "
        "Home Assistant.",
        Cause.SUBSCRIPTION_LAPSED,
    ),
    # https://github.com/Dielee/volvo2mqtt/issues/138
    ReportedError(
        "Volvo", "NOT_FOUND", None, 404, "Does not belong to allowed markets", Cause.REGION_NOT_SUPPORTED
    ),
    # https://github.com/teslamotors/fleet-telemetry/issues/180
    ReportedError(
        "Tesla",
        None,
        None,
        421,
        "This user is not present in the current region. See the regional requirements section "
        "for more information.",
        Cause.REGION_NOT_SUPPORTED,
    ),
    # https://github.com/Hyundai-Kia-Connect/kia_uvo/issues/826  (Library text, paraphrased in the issue title)
    ReportedError(
        "Kia", None, None, None, "Kia is not supported in Australia yet", Cause.REGION_NOT_SUPPORTED
    ),
    # https://github.com/teslamotors/vehicle-command/issues/10
    ReportedError(
        "Tesla",
        None,
        None,
        408,
        "vehicle unavailable: vehicle is offline or asleep",
        Cause.ASLEEP_OR_OUT_OF_COVERAGE,
    ),
    # https://github.com/evcc-io/evcc/issues/18494
    ReportedError(
        "Tesla",
        None,
        None,
        500,
        '{"response":null,"error":"vehicle unavailable: vehicle is offline or '
        'asleep","error_description":""}',
        Cause.ASLEEP_OR_OUT_OF_COVERAGE,
    ),
    # https://github.com/home-assistant/core/issues/182023  (Library text)
    ReportedError(
        "Tesla",
        "VehicleOffline",
        None,
        408,
        "Command failed: The vehicle is not 'online'.",
        Cause.ASLEEP_OR_OUT_OF_COVERAGE,
    ),
    # https://smartcar.com/docs/errors/api-errors/vehicle-state-errors
    ReportedError(
        "Smartcar",
        "VEHICLE_STATE",
        "ASLEEP",
        409,
        "The vehicle is in a sleep state and temporarily unable to perform your request.",
        Cause.ASLEEP_OR_OUT_OF_COVERAGE,
    ),
    # https://smartcar.com/docs/api-reference/webhooks/events/vehicle-error.md  (Doc table wording)
    ReportedError(
        "Smartcar",
        "VEHICLE_STATE",
        "UNREACHABLE",
        None,
        "Vehicle is not connected to the internet",
        Cause.ASLEEP_OR_OUT_OF_COVERAGE,
    ),
    # https://github.com/andyfase/egmp-bluelink-scriptable/issues/41
    ReportedError(
        "Hyundai",
        None,
        "HT_900",
        None,
        "Not able to connect with your vehicle. Manually start the vehicle to establish connectivity.",
        Cause.ASLEEP_OR_OUT_OF_COVERAGE,
    ),
    # https://github.com/its-me-prash/vwgroup-connect-ha/issues/267
    ReportedError(
        "VW",
        "Bad Gateway",
        "4105",
        502,
        "Upstream service responded with an unexpected status. If the problem persists, please "
        "contact our support.",
        Cause.PROVIDER_DOWN,
    ),
    # https://github.com/jkaberg/hass-byd-vehicle/issues/172  (Issue title)
    ReportedError(
        "BYD", None, None, 503, "HTTP 503 from /app/account/login: no healthy upstream", Cause.PROVIDER_DOWN
    ),
    # https://github.com/pytoyoda/ha_toyota/issues/211
    ReportedError(
        "Toyota", None, None, 504, '{"message": "Endpoint request timed out"}', Cause.PROVIDER_DOWN
    ),
    # https://github.com/marcone/teslausb/issues/615
    ReportedError("Tesla", "server_error", None, 400, "Internal server error", Cause.PROVIDER_DOWN),
    # https://github.com/gboudreau/LEAF_Carwings_EasyAccess/issues/5
    ReportedError(
        "Nissan",
        None,
        None,
        None,
        "Failed to connect to gdcportalgw.its-mo.com port 443: Connection refused",
        Cause.PROVIDER_DOWN,
    ),
    # https://smartcar.com/docs/errors/api-errors/v3/upstream-errors.md
    ReportedError(
        "Smartcar",
        "UPSTREAM",
        "INVALID_DATA",
        502,
        "Smartcar received invalid data from an upstream source. Please retry your request at a later time.",
        Cause.PROVIDER_DOWN,
    ),
    # https://smartcar.com/docs/errors/api-errors/server-errors
    ReportedError(
        "Smartcar",
        "SERVER",
        "INTERNAL",
        500,
        "An internal Smartcar error has occurred. Our team has been notified and is working to "
        "resolve this issue.",
        Cause.PROVIDER_DOWN,
    ),
    # https://github.com/bimmerconnected/bimmer_connected/issues/501
    ReportedError(
        "BMW",
        None,
        None,
        403,
        "Client error '403 Quota Exceeded' for url 'https://cocoapi.bmwgroup.com/eadrax-vcs/v2/vehicles'",
        Cause.PROVIDER_LIMITED,
    ),
    # https://github.com/bimmerconnected/bimmer_connected/issues/725
    ReportedError(
        "BMW",
        "MyBMWQuotaError",
        None,
        403,
        "Out of call volume quota. Quota will be replenished in 01:11:25.",
        Cause.PROVIDER_LIMITED,
    ),
    # https://github.com/bimmerconnected/bimmer_connected/issues/444
    ReportedError("BMW", None, None, 429, "Client error '429 Too Many Requests'", Cause.PROVIDER_LIMITED),
    # https://github.com/robinostlund/homeassistant-volkswagencarnet/issues/588
    ReportedError(
        "VW", None, None, 429, "Could not fetch operation list, HTTP status code: 429", Cause.PROVIDER_LIMITED
    ),
    # https://github.com/ReneNulschDE/mbapi2020/issues/353
    ReportedError(
        "Mercedes",
        None,
        None,
        429,
        "MB-API access blocked. 429, message='Invalid response status'",
        Cause.PROVIDER_LIMITED,
    ),
    # https://smartcar.com/docs/errors/api-errors/rate-limit-errors
    ReportedError(
        "Smartcar",
        "RATE_LIMIT",
        "SMARTCAR_API",
        429,
        "Your application has exceeded its rate limit. Please retry your request in a few minutes.",
        Cause.PROVIDER_LIMITED,
    ),
    # https://smartcar.com/docs/errors/api-errors/rate-limit-errors
    ReportedError(
        "Smartcar",
        "RATE_LIMIT",
        "VEHICLE",
        429,
        "You have reached the throttling rate limit for this vehicle. Please see the retry-after "
        "header (seconds) for when to retry the request.",
        Cause.PROVIDER_LIMITED,
    ),
    # https://smartcar.com/docs/errors/api-errors/connected-services-account-errors
    ReportedError(
        "Smartcar",
        "CONNECTED_SERVICES_ACCOUNT",
        "ACCOUNT_ISSUE",
        400,
        "Action needed in the user’s connected services account. Please prompt the user to log "
        "into their connected services account and complete any outstanding tasks.",
        Cause.UNKNOWN,
    ),
    # https://github.com/hacf-fr/renault-api/issues/1348
    ReportedError(
        "Renault", "FUNCTIONAL", "err.func.wired.forbidden", 403, "The access is forbidden", Cause.UNKNOWN
    ),
    # https://github.com/home-assistant/core/issues/96135
    ReportedError(
        "Renault",
        "FUNCTIONAL",
        "err.func.403",
        403,
        '{"errors":[{"status":"403","code":"security.access","detail":"Access is denied for this '
        'resource"}]}',
        Cause.UNKNOWN,
    ),
    # https://github.com/hacf-fr/renault-api/issues/1126
    ReportedError(
        "Renault", None, "err.func.403", None, "Forbidden action Privacy mode currently ON", Cause.UNKNOWN
    ),
    # https://github.com/robinostlund/volkswagencarnet/issues/200
    ReportedError(
        "VW", None, None, None, "Login failed for VW account, User appears unauthorized", Cause.UNKNOWN
    ),
    # https://github.com/audiconnect/audi_connect_ha/issues/739
    ReportedError(
        "Audi",
        None,
        None,
        403,
        "403, message='Forbidden', url='https://emea.bff.cariad.digital/login/v1/idk/openid-configuration'",
        Cause.UNKNOWN,
    ),
    # https://github.com/WulfgarW/homeassistant-pycupra/issues/101
    ReportedError(
        "Cupra",
        None,
        None,
        403,
        "Could not fetch capabilities information, HTTP status code: 403",
        Cause.UNKNOWN,
    ),
    # https://github.com/willbeeching/ha-jlr-incontrol/issues/11
    ReportedError(
        "Jaguar",
        None,
        None,
        403,
        "authentication failed: token request (password) returned 403",
        Cause.UNKNOWN,
    ),
    # https://github.com/msp1974/homeassistant-jlrincontrol/issues/89
    ReportedError(
        "Jaguar",
        None,
        None,
        403,
        "Error connecting to JLRInControl. Error is HTTP Error 403: Forbidden",
        Cause.UNKNOWN,
    ),
    # https://github.com/CJNE/pyporscheconnectapi/pull/25
    ReportedError(
        "Porsche", "invalid_captcha", "invalid_captcha", 401, "Invalid captcha value", Cause.UNKNOWN
    ),
    # https://github.com/home-assistant/core/issues/90884
    ReportedError("Nissan", None, "-2010", None, "carwings error INVALID PARAMS: -2010", Cause.UNKNOWN),
    # https://github.com/jkaberg/pyBYD/issues/34
    ReportedError(
        "BYD",
        None,
        "1033",
        None,
        "Login failed: code=1033 message=Network busy. Please try again later",
        Cause.UNKNOWN,
    ),
    # https://github.com/pypolestar/polestar_api/issues/201
    ReportedError("Polestar", "BAD_USER_INPUT", None, None, "An internal error has occured.", Cause.UNKNOWN),
    # https://github.com/Dielee/volvo2mqtt/issues/110
    ReportedError(
        "Volvo",
        "Unauthorized",
        None,
        401,
        "Full authentication is required to access this resource",
        Cause.UNKNOWN,
    ),
    # https://github.com/itchannel/fordpass-ha/issues/203
    # (Not API: code shown on the web site; reporters say account blocked)
    ReportedError("Ford", None, "CSIAH0320E", None, "error code CSIAH0320E", Cause.UNKNOWN),
    # https://github.com/SAIC-iSmart-API/saic-python-mqtt-gateway/issues/289
    ReportedError(
        "MG", None, "4", None, "The remote control instruction failed, please try again later.", Cause.UNKNOWN
    ),
    # https://github.com/Hacksore/bluelinky/issues/194
    ReportedError(
        "Hyundai",
        None,
        "5031",
        503,
        "Unavailable remote control - Service Temporary Unavailable",
        Cause.UNKNOWN,
    ),
    # https://github.com/pytoyoda/pytoyoda/issues/161
    ReportedError("Toyota", "Unauthorized", "APIGW-403", 429, "Unauthorized", Cause.UNKNOWN),
    # https://github.com/addihorn/enode-gosdk/blob/main/pkg/users/GetUser_test.go  (in tests of a client library)
    ReportedError("Enode", "unauthorized", "Unauthorized", 401, "Unauthorized for resource", Cause.UNKNOWN),
    # https://github.com/addihorn/enode-gosdk/blob/main/pkg/users/GetUser_test.go  (in tests of a client library)
    ReportedError(
        "Enode", "not-found", "User does not exist", 404, "Could not find user with ID foo", Cause.UNKNOWN
    ),
    # https://github.com/tomhollander/TeslaAuth/issues/42
    ReportedError(
        "Tesla",
        "access_denied",
        None,
        403,
        "This domain is restricted to third-party applications only.",
        Cause.UNKNOWN,
    ),
)
