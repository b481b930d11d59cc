"""What the user has set: pyproject.toml, the environment, `.env`, flags."""

from harness.config.budget import Budget
from harness.config.endpoint import OPENAI, Endpoint, check_target
from harness.config.environment import MalformedPlaceholder, UnsetVariable, expand, secrets
from harness.config.judge import JudgeSettings
from harness.config.load import Config, Flags, RecordMode, load_config
from harness.config.own_code import project_on_path
from harness.config.prices import Prices, find_prices
from harness.config.project import Project, find_project, find_root
from harness.config.spelling import did_you_mean

__all__ = [
    "OPENAI",
    "Budget",
    "Config",
    "Endpoint",
    "Flags",
    "JudgeSettings",
    "MalformedPlaceholder",
    "Prices",
    "Project",
    "RecordMode",
    "UnsetVariable",
    "check_target",
    "did_you_mean",
    "expand",
    "find_prices",
    "find_project",
    "find_root",
    "load_config",
    "project_on_path",
    "secrets",
]
