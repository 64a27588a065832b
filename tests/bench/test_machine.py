"""What of the environment goes into a results file, which people share."""

import pytest

from eagerbench.machine import flags


def test_flags_of_the_libraries_are_kept():
    """In the order of their names; nothing else is."""
    environment = {"XLA_FLAGS": "--a", "TF_ENABLE_ONEDNN_OPTS": "0", "OMP_NUM_THREADS": "2", "HOME": "/root"}
    assert list(flags(environment).items()) == [
        ("OMP_NUM_THREADS", "2"),
        ("TF_ENABLE_ONEDNN_OPTS", "0"),
        ("XLA_FLAGS", "--a"),
    ]


@pytest.mark.parametrize(
    "name", ["TF_TOKEN_app_terraform_io", "TF_VAR_password", "TF_CLI_CONFIG_FILE", "NVIDIA_API_KEY", "JAX_SECRET"]
)
def test_secrets_and_variables_of_other_programs_stay_at_home(name: str):
    """Terraform's begin like TensorFlow's."""
    assert flags({name: "hidden"}) == {}
