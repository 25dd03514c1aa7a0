"""Why data stops, as it shows in error logs: shapes modelled on what the providers' documentation tells."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Cause:
    status_code: int
    error_code: str
    error_type: str
    error_detail: str
    command: str = "GET_STATUS"


CAUSES = {
    "SIGN_IN_EXPIRED": Cause(
        status_code=401,
        error_code="AUTHENTICATION_ERROR",
        error_type="VehicleAPIUnauthorized",
        error_detail="The refresh token has expired or was revoked; the user must sign in again.",
    ),
    "ACCESS_REVOKED": Cause(
        status_code=403,
        error_code="PERMISSION_ERROR",
        error_type="VehicleAPIForbidden",
        error_detail="The user has withdrawn this application's access to the vehicle.",
    ),
    "SUBSCRIPTION_LAPSED": Cause(
        status_code=400,
        error_code="SUBSCRIPTION",
        error_type="CONNECTED_SERVICES_ACCOUNT",
        error_detail="The vehicle's connected services subscription has expired or is not active.",
    ),
    "PERMISSIONS_MISSING": Cause(
        status_code=403,
        error_code="PERMISSION_ERROR",
        error_type="VehicleAPIForbidden",
        error_detail="Missing scopes: the user did not grant every permission.",
    ),
    "TERMS_TO_ACCEPT": Cause(
        status_code=400,
        error_code="TERMS",
        error_type="CONNECTED_SERVICES_ACCOUNT",
        error_detail="The user must accept the updated terms and conditions in the manufacturer's app.",
    ),
    "KEY_NOT_PAIRED": Cause(
        status_code=400,
        error_code="VIRTUAL_KEY_REQUIRED",
        error_type="CONNECTED_SERVICES_ACCOUNT",
        error_detail="The public key has not been paired with the vehicle.",
    ),
    "ACCOUNT_LOCKED": Cause(
        status_code=401,
        error_code="AUTHENTICATION_ERROR",
        error_type="VehicleAPIUnauthorized",
        error_detail="The user's account has been locked.",
    ),
    "TWO_FACTOR_NEEDED": Cause(
        status_code=401,
        error_code="AUTHENTICATION_ERROR",
        error_type="VehicleAPIUnauthorized",
        error_detail="A one-time passcode is required to sign in.",
    ),
    "VEHICLE_NOT_IN_ACCOUNT": Cause(
        status_code=400,
        error_code="VEHICLE_MISSING",
        error_type="CONNECTED_SERVICES_ACCOUNT",
        error_detail="The vehicle is no longer associated with the user's account.",
    ),
    "REGION_NOT_SUPPORTED": Cause(
        status_code=404,
        error_code="NOT_FOUND",
        error_type="VehicleAPINotFound",
        error_detail="The vehicle is not available in this market.",
    ),
    "ASLEEP": Cause(
        status_code=409,
        error_code="ASLEEP",
        error_type="VEHICLE_STATE",
        error_detail="The vehicle is asleep and did not wake up in time.",
        command="WAKE_UP",
    ),
    "OUT_OF_COVERAGE": Cause(
        status_code=409,
        error_code="UNREACHABLE",
        error_type="VEHICLE_STATE",
        error_detail="The vehicle could not be reached; it may be outside mobile coverage.",
    ),
    "PROVIDER_DOWN": Cause(
        status_code=503,
        error_code="SERVICE_UNAVAILABLE",
        error_type="VehicleAPIServerError",
        error_detail="The manufacturer's service is unavailable.",
    ),
    "PROVIDER_LIMITED": Cause(
        status_code=429,
        error_code="RATE_LIMIT",
        error_type="VehicleAPIRateLimited",
        error_detail="Too many requests to the manufacturer's service.",
    ),
    "UNKNOWN": Cause(
        status_code=500,
        error_code="UNKNOWN_ERROR",
        error_type="VehicleAPIError",
        error_detail="An answer was received that could not be understood.",
    ),
}

# Causes that sever the connection (INACTIVE), and causes that leave it standing while nothing comes (silent).
SEVERING = ("SIGN_IN_EXPIRED", "SIGN_IN_EXPIRED", "ACCESS_REVOKED", "SUBSCRIPTION_LAPSED", "UNKNOWN")
SILENCING = ("ASLEEP", "OUT_OF_COVERAGE", "PROVIDER_DOWN", "PROVIDER_LIMITED")

CONTROLLERS = ("SMARTCAR", "ENODE", "TESLA", "HIGH_MOBILITY")


def controller_of(make_name: str) -> str:
    if make_name == "Tesla":
        return "TESLA"
    if make_name in {"BMW", "MINI"}:
        return "HIGH_MOBILITY"
    return CONTROLLERS[len(make_name) % 2]
