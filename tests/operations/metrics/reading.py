"""What Prometheus would read."""

from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

TOKEN = "a-token-for-metrics-in-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


class Scrape(dict[tuple[str, frozenset[tuple[str, str]]], float]):
    """Sample values; one that is not there is 0, as for a counter nobody has counted."""

    def __missing__(self, key: object) -> float:
        return 0.0

    def value(self, name: str, **labels: str) -> float:
        return self[name, frozenset(labels.items())]


def scrape(client: Client | None = None) -> Scrape:
    response = (client or Client()).get("/metrics", headers=BEARER)
    assert response.status_code == 200
    return parse(response.content.decode())


def parse(text: str) -> Scrape:
    return Scrape(
        {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
    )
