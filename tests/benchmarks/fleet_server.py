"""A fleet of any size at `/v2/vehicles`, made up page by page and kept nowhere: a million cars cost no memory.

    python -m tests.benchmarks.fleet_server 1000000

prints its origin. It keeps to the API's contract as far as a sync asks: a token, pages by cursor, headers of a limit.
"""

import json
import sys
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = 100
OWNERS_OF_FIVE_CARS = 4


def vehicle_id(number: int) -> str:
    return f"vhcl{number:026d}"


def owner_id(number: int) -> str:
    return f"user{number:026d}"


def owner_count(vehicles: int) -> int:
    return max(1, vehicles * OWNERS_OF_FIVE_CARS // 5)


class FleetServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *, vehicles: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.vehicles, self.pages_given = vehicles, 0
        self.sampled_at = datetime.now(tz=UTC).isoformat().replace("+00:00", "Z")

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def page(self, *, after: int) -> tuple[list[dict[str, object]], str]:
        last = min(after + PAGE, self.vehicles)
        following = "about:blank"
        if last < self.vehicles:
            following = f"{self.origin}/v2/vehicles?page_after={vehicle_id(last)}"
        return [self._vehicle(number) for number in range(after + 1, last + 1)], following

    def _vehicle(self, number: int) -> dict[str, object]:
        identity, user = vehicle_id(number), owner_id(number % owner_count(self.vehicles))
        status = {
            "sampled_at": self.sampled_at,
            "logged_at": self.sampled_at,
            "state_of_charge_percentage": number % 100,
            "is_plugged_in": number % 2 == 0,
            "is_charging": False,
            "odometer_meters": 1000 * number,
        }
        return {
            "id": identity,
            "url": f"{self.origin}/v2/vehicles/{identity}",
            "user": f"{self.origin}/v2/users/{user}",
            "integrated": "INACTIVE" if number % 50 == 0 else "ACTIVE",
            "disabled": False,
            "smart_charging_enabled": True,
            "description": f"Car {number}",
            "trim": None,
            "latest_status_log": status,
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FleetServer

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer({"access_token": "a-token", "expires_in": 36000, "token_type": "Bearer"})

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path == "/pages_given":
            self._answer(self.server.pages_given)
            return
        after = parse_qs(address.query).get("page_after", [vehicle_id(0)])[0]
        vehicles, following = self.server.page(after=int(after[4:]))
        self.server.pages_given += 1
        self._answer(vehicles, Link=f'<{following}>; rel="next"')

    def _answer(self, content: object, **headers: str) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        for name, value in {
            **headers,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "EvEnergy-Version": "2",
            "X-RateLimit-Limit": "10000000",
            "X-RateLimit-Remaining": "9000000",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        return


def main() -> None:
    server = FleetServer(vehicles=int(sys.argv[1]))
    sys.stdout.write(f"{server.origin}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
