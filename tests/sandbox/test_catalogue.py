from onboarding_portal.sandbox.catalogue import Catalogue, load_catalogue
from tests.sandbox.world import World, links


def all_pages(world: World, path: str) -> list[dict[str, object]]:
    items: list[dict[str, object]] = []
    while path:
        response = world.get(path)
        items += response.json or []
        path = links(response).get("next", "")
    return items


def test_catalogue_is_as_large_as_a_real_one() -> None:
    catalogue = load_catalogue()

    assert len(catalogue.makes) >= 40
    assert len(catalogue.models) >= 300
    assert len(catalogue.trims) >= 900


def test_catalogue_holds_every_kind_of_pick() -> None:
    catalogue = load_catalogue()
    models = list(catalogue.models.values())

    assert any(make.is_enough for make in catalogue.makes.values())
    assert any(model.is_enough and not model.make.is_enough for model in models)
    assert any(not model.is_enough and catalogue.is_model_supported(model) for model in models)
    assert any(not catalogue.is_model_supported(model) for model in models)
    mixed = [{trim.is_supported for trim in catalogue.trims_of(model.model_id)} for model in models]
    assert {True, False} in mixed
    assert {"Citroën", "Škoda"} <= {make.name for make in catalogue.makes.values()}


def test_sizes_are_those_of_real_batteries() -> None:
    sizes = [trim.battery_size_wh or 0 for trim in load_catalogue().trims.values()]

    assert min(sizes) >= 4_000
    assert max(sizes) <= 250_000


def test_ids_outlast_a_restart() -> None:
    source = "MAKE Volvo\nEX30 = Core 51, Plus 69"

    assert list(Catalogue(source=source).trims) == list(Catalogue(source=source).trims)


def test_names_are_told_apart() -> None:
    catalogue = load_catalogue()

    assert len({make.slug for make in catalogue.makes.values()}) == len(catalogue.makes)
    for model_id in catalogue.models:
        names = [trim.name for trim in catalogue.trims_of(model_id)]
        assert len(names) == len(set(names))


def test_onboarding_url_tells_how_far_to_pick() -> None:
    world = World()

    tesla = world.get(f"/vehicle_makes/{world.make('Tesla')}").json or {}
    volvo = world.get(f"/vehicle_makes/{world.make('Volvo')}").json or {}
    ioniq = world.get(f"/vehicle_models/{world.model('Hyundai', 'Ioniq 5')}").json or {}
    ex30 = world.get(f"/vehicle_models/{world.model('Volvo', 'EX30')}").json or {}
    c30 = world.get(f"/vehicle_trims/{world.trim('Volvo', 'C30 Electric', '24 kWh')}").json or {}

    assert tesla["onboarding_url"].endswith(f"make_id={tesla['id']}&client_id=sandbox-client")
    assert volvo["onboarding_url"] is None
    assert "model_id=" in ioniq["onboarding_url"]
    assert (ex30["onboarding_url"], c30["onboarding_url"]) == (None, None)


def test_onboarding_url_names_the_owner_a_call_is_made_for() -> None:
    world = World()
    user_id = world.user()

    make = world.get(f"/vehicle_makes/{world.make('Tesla')}", headers={"EvEnergy-User": user_id}).json or {}

    assert f"user_id={user_id}" in make["onboarding_url"]


def test_whole_catalogue_is_read_in_full_pages() -> None:
    world = World()

    trims = all_pages(world, "/vehicle_trims?page_size=100&ordering=name&expand=model.make")

    assert len({trim["id"] for trim in trims}) == len(trims) == len(load_catalogue().trims)
    pages = world.control("GET", "/statistics")["requests"]["get-vehicle_trims"]["200"]
    assert pages == -(-len(trims) // 100)


def test_lists_are_filtered_and_ordered() -> None:
    world = World()

    models = (
        world.get(f"/vehicle_models?make_id={world.make('Volvo')}&ordering=-name&page_size=100").json or []
    )
    names = [model["name"] for model in models]

    assert names == sorted(names, reverse=True)
    assert {model["make"] for model in models} == {
        f"http://127.0.0.1:9000/v2/vehicle_makes/{world.make('Volvo')}"
    }


def test_unrecognised_ordering_falls_back() -> None:
    world = World()

    assert world.get("/vehicle_makes?ordering=size").json == world.get("/vehicle_makes").json


def test_trims_need_a_token_and_makes_do_not() -> None:
    client = World().client

    assert client.get("/v2/vehicle_makes").status_code == 200
    assert client.get("/v2/vehicle_trims").status_code == 401


def test_page_size_must_be_from_1_to_100() -> None:
    world = World()

    statuses = [
        world.get(f"/vehicle_makes?page_size={size}").status_code
        for size in ("1", "100", "0", "101", "x", "")
    ]

    assert statuses == [200, 200, 400, 400, 400, 400]


def test_unknown_cursor_and_comma_list_of_expands_are_400() -> None:
    world = World()
    answers = [
        world.get("/vehicle_makes?page_after=vmak01HN2NV5DY9C262PQKG75GHN8K"),
        world.get("/vehicle_models?expand=make,trims"),
        world.get("/vehicle_models?expand=owner"),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert (answers[0].json or {})["type"] == "http://127.0.0.1:9000/v2/problems/pagination-parameters/"


def test_icons_come_from_the_sandbox_or_not_at_all() -> None:
    world = World()
    icons = [make["icon"] for make in all_pages(world, "/vehicle_makes?page_size=100")]
    served = [str(icon) for icon in icons if icon]

    icon = world.client.get(served[0].removeprefix("http://127.0.0.1:9000"))

    assert len(served) < len(icons) / 2
    assert icon.mimetype == "image/svg+xml"


def test_compatibility_depends_on_model_and_country() -> None:
    client, world = World().client, World()

    def verdict(model_id: str, **more: str) -> object:
        query = {"vehicle_model_id": model_id, **more}
        return (client.get("/v2/vehicle_compatibility/check", query_string=query).json or {}).get(
            "compatible"
        )

    ioniq, ami = world.model("Hyundai", "Ioniq 5"), world.model("Citroën", "Ami")
    assert [verdict(ioniq, country="gb"), verdict(ioniq, country="KP"), verdict(ami, country="GB")] == [
        True,
        False,
        False,
    ]
    assert client.get("/v2/vehicle_compatibility/check?vehicle_model_id=x").status_code == 400
    unknown = "vmod01HN2NV5DY9C262PQKG75GHN8K"
    assert client.get(f"/v2/vehicle_compatibility/check?vehicle_model_id={unknown}").status_code == 404


def test_waitlist_takes_a_model_or_both_names_and_nothing_else() -> None:
    world = World()
    model_id = world.model("Citroën", "Ami")
    bodies = [
        {"email": "a@example.com", "vehicle_model_id": model_id},
        {"email": "a@example.com", "vehicle_make_name": "Lada", "vehicle_model_name": "e-Largus"},
        {"email": "a@example.com"},
        {"email": "a@example.com", "vehicle_make_name": "Lada"},
        {"email": "a@example.com", "vehicle_model_id": model_id, "vehicle_make_name": "Lada"},
        {"email": "nobody", "vehicle_model_id": model_id},
    ]

    statuses = [world.client.post("/v2/vehicle_waitlist", json=body).status_code for body in bodies]

    assert statuses == [201, 201, 400, 400, 400, 400]
    assert world.control("GET", "/statistics")["waitlist_entries"] == 2
