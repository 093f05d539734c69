"""Fields: exact derivatives, isotropic coordinates, chunked evaluation, files without pickle."""

import itertools
import re

import numpy as np
import pytest
import torch

from INRCore.errors import InputError
from INRCore.fields import Field, FieldSettings, Frame
from INRCore.fields.jets import PAIRS
from INRCore.fields.settings import ENCODING_NAMES, NETWORK_NAMES
from INRCore.fields.sine import sine_and_cosine
from INRCore.geometry import Grid
from INRCore.storage import pack_tensors, unpack_tensors

FRAME = Frame((12.0, -30.0, 55.0), 80.0)
COMBINATIONS = list(itertools.product(ENCODING_NAMES, NETWORK_NAMES))


def small_field(encoding: str, network: str, outputs: int = 2) -> Field:
    settings = FieldSettings(
        encoding=encoding, network=network, width=16, depth=2, octaves=3, fourier_features=8, fourier_sigma=1.0,
        omega_first=6.0, omega_hidden=6.0, wire_scale=2.0, hash_levels=3, hash_log2_entries=8, hash_finest=24,
    )  # fmt: skip
    field = Field(settings, FRAME, outputs, seed=3, output_scale=[5.0, 7.0][:outputs], output_offset=1.5)
    if encoding == "hashgrid":
        with torch.no_grad():
            field.encoding.table.mul_(3e3)
    return field.double() if network != "wire" else field


def points_for(field: Field, count: int = 20) -> torch.Tensor:
    points = torch.rand(count, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 100 - 50
    return (points + torch.tensor(FRAME.center_mm)).to(field.output_scale.dtype)


@pytest.mark.parametrize(("encoding", "network"), COMBINATIONS)
def test_forward_derivatives_equal_autograd(encoding, network):
    field = small_field(encoding, network)
    points = points_for(field).requires_grad_()
    value, jacobian, hessian = field.value_jacobian_hessian(points)
    torch.testing.assert_close(value, field(points))
    torch.testing.assert_close(field.value_and_jacobian(points)[1], jacobian)
    tolerance = {"rtol": 2e-3, "atol": 2e-5} if network == "wire" else {"rtol": 1e-7, "atol": 1e-10}
    for d in range(2):
        (gradient,) = torch.autograd.grad(value[:, d].sum(), points, create_graph=True)
        torch.testing.assert_close(jacobian[:, d], gradient, **tolerance)
        if not gradient.requires_grad:
            continue
        for p, (a, b) in enumerate(PAIRS):
            grad = torch.autograd.grad(gradient[:, a].sum(), points, retain_graph=True, allow_unused=True)[0]
            expected = torch.zeros_like(points[:, 0]) if grad is None else grad[:, b]
            torch.testing.assert_close(hessian[:, d, p], expected, **tolerance)


def test_losses_on_derivatives_reach_every_parameter():
    field = small_field("none", "siren")
    field.value_jacobian_hessian(points_for(field))[2].square().sum().backward()
    for name, parameter in field.named_parameters():
        if name != "network.layers.2.bias":  # a constant has no derivative
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name


def test_siren_starts_with_the_published_activation_statistics():
    """Sitzmann 2020, theorem 1.8: pre-activations close to N(0, 1), outputs arcsine distributed (variance 1/2)."""
    field = Field(FieldSettings(width=512, depth=4), Frame((0, 0, 0), 1.0), seed=0)
    x = torch.rand(4000, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1
    for index, layer in enumerate(list(field.network.layers)[:-1]):
        if index > 0:  # the theorem is about the weights; the published code adds biases on top
            assert 0.93 < (x @ layer.weight.T * 30).std() < 1.07
        x = torch.sin(layer(x) * 30)
        assert 0.65 < x.std() < 0.76


def test_coordinates_are_scaled_alike_along_every_axis():
    grid = Grid.from_parts((20, 100, 200), (1, 1, 4), origin=(5, 6, 7))
    frame = Frame.of_grid(grid)
    unit = frame.normalise(torch.tensor([[0.0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]]))
    steps = (unit[1:] - unit[0]).norm(dim=1)
    torch.testing.assert_close(steps, torch.full((3,), 0.1))
    corners = frame.normalise(torch.tensor(grid.corners))
    assert corners.abs().max() == pytest.approx(1.0)


def test_chunked_sampling_equals_one_piece_on_an_oblique_grid():
    field = small_field("fourier", "relu").float()
    affine = np.array([[0.9, -0.5, 0.3, 4], [0.4, 1.1, -0.2, -9], [-0.2, 0.3, -2.5, 60], [0, 0, 0, 1]])
    grid = Grid((5, 7, 9), affine)
    whole = field(torch.tensor(grid.points(), dtype=torch.float32)).detach().numpy().reshape(5, 7, 9, 2)
    field.points_per_chunk = lambda *_, **__: 37  # type: ignore[method-assign]
    np.testing.assert_allclose(field.sample(grid), whole, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("encoding", "network"), COMBINATIONS)
def test_a_saved_field_gives_the_same_values(encoding, network, tmp_path):
    field = small_field(encoding, network).float() if network != "wire" else small_field(encoding, network)
    points = points_for(field).numpy()
    field.save(tmp_path / "field.safetensors")
    np.testing.assert_array_equal(Field.load(tmp_path / "field.safetensors").evaluate(points), field.evaluate(points))


def test_the_same_seed_gives_the_same_field_and_another_seed_another():
    a, b, c = (Field(FieldSettings(width=16), FRAME, seed=s).state_dict() for s in (4, 4, 5))
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert any(not torch.equal(a[k], c[k]) for k in a)


def test_files_are_safetensors_that_the_reference_library_reads(tmp_path):
    reference = pytest.importorskip("safetensors.numpy", reason="the safetensors package is not installed")
    arrays = {"a": np.arange(6, dtype=np.float16).reshape(2, 3), "b": np.array(3, np.int64)}
    read = reference.load(pack_tensors(arrays, {"note": "ä"}))
    ours, metadata = unpack_tensors(reference.save(arrays, {"note": "ä"}))
    assert metadata == {"note": "ä"}
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)
        np.testing.assert_array_equal(ours[name], array)


def test_a_damaged_field_file_is_refused_with_one_line(tmp_path):
    path = tmp_path / "field.safetensors"
    small_field("none", "siren").float().save(path)
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(data)
        for position in rng.integers(0, min(len(data), 900), 3):
            damaged[position] = rng.integers(0, 256)
        path.write_bytes(damaged[: rng.integers(1, len(data) + 1)])
        try:
            Field.load(path)
        except InputError as error:
            assert "\n" not in str(error)


def test_a_header_that_promises_a_huge_network_is_refused_before_memory_is_taken(tmp_path):
    field = small_field("none", "siren").float()
    tensors, metadata = field.to_tensors()
    metadata["field"] = metadata["field"].replace('"width": 16', '"width": 4096').replace('"depth": 2', '"depth": 32')
    with pytest.raises(InputError, match="do not fit"):
        Field.from_tensors(tensors, metadata)


@pytest.mark.parametrize("outputs", ["-1", "0", "1e300", "1e999"])
def test_an_impossible_number_of_outputs_is_refused(outputs):
    tensors, metadata = small_field("none", "siren").float().to_tensors()
    metadata["field"] = re.sub(r'"outputs": \d+', f'"outputs": {outputs}', metadata["field"])
    with pytest.raises(InputError, match="description of the field is damaged"):
        Field.from_tensors(tensors, metadata)


def test_settings_refuse_what_makes_no_sense():
    with pytest.raises(InputError, match="siren"):
        FieldSettings(network="sirens")
    with pytest.raises(InputError, match="width"):
        FieldSettings(width=0)


@pytest.mark.parametrize("count", [1, 7, 1000, 70_001, 200_000])
def test_sine_and_cosine_are_exact_for_every_number_of_values_and_their_derivatives_each_other(count):
    z = (torch.randn(count, generator=torch.Generator().manual_seed(0)) * 40).requires_grad_()
    sin, cos = sine_and_cosine(z)
    exact = z.detach().double().requires_grad_()
    torch.testing.assert_close(sin.double(), exact.sin(), atol=3e-7, rtol=0)
    torch.testing.assert_close(cos.double(), exact.cos(), atol=3e-7, rtol=0)
    (2 * sin + sin * cos).sum().backward()
    (2 * exact.sin() + exact.sin() * exact.cos()).sum().backward()
    torch.testing.assert_close(z.grad.double(), exact.grad, atol=2e-6, rtol=0)


def test_a_strided_tensor_has_the_sine_of_its_own_values():
    z = torch.arange(24.0).reshape(4, 6).t()[::2]
    torch.testing.assert_close(sine_and_cosine(z)[0], torch.sin(z))
