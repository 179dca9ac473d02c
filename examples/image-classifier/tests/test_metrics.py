from __future__ import annotations

from fastapi.testclient import TestClient

from .conftest import colour, encode, metric


def test_requests_are_counted_by_path_and_status(client: TestClient) -> None:
    client.post("/predict", json={"image": encode(colour("red"))})
    client.post("/predict", json={"image": "%"})
    assert metric(client, 'http_requests_total{path="/predict",status="200"}') == 1
    assert metric(client, 'http_requests_total{path="/predict",status="400"}') == 1
    assert metric(client, 'prediction_errors_total{reason="image"}') == 1


def test_latency_is_a_histogram_of_requests_and_of_inference(client: TestClient) -> None:
    client.post("/predict", json={"image": encode(colour("red"))})
    assert metric(client, 'http_request_duration_seconds_count{path="/predict"}') == 1
    assert metric(client, 'http_request_duration_seconds_bucket{le="10.0",path="/predict"}') == 1
    assert metric(client, "inference_duration_seconds_count") == 1
    assert metric(client, "inference_duration_seconds_sum") > 0


def test_error_counters_exist_before_the_first_error(client: TestClient) -> None:
    text = client.get("/metrics").text
    for reason in ("request", "image", "size", "not_ready", "inference"):
        assert f'prediction_errors_total{{reason="{reason}"}} 0.0' in text


def test_made_up_paths_do_not_make_new_series(client: TestClient) -> None:
    for i in range(20):
        assert client.get(f"/no-such-path-{i}").status_code == 404
    assert metric(client, 'http_requests_total{path="other",status="404"}') == 20
    assert "no-such-path" not in client.get("/metrics").text


def test_metrics_are_in_the_text_format(client: TestClient) -> None:
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    assert "process_resident_memory_bytes" in response.text
