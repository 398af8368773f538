"""Settings from the environment (`SEALSVC_*`); docs/configuration.md explains each."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything an operator may choose at start. Read by the composition root only."""

    model_config = SettingsConfigDict(env_prefix="SEALSVC_", extra="ignore")

    data: Path = Field(Path("data"), description="Folder of keys, blobs and the SQLite file")
    database_url: str | None = Field(
        None, description="postgresql+psycopg://…; SQLite in the data folder where absent"
    )
    base_url: str = Field(
        "http://127.0.0.1:8000", description="Public address; fixed in certificates at init"
    )
    log_origin: str | None = Field(
        None, description="Name of the log; base_url without scheme + /log where absent"
    )
    domain_name: str = Field("示例信任域 Demo", description="Name in the CA certificates")
    operator_uscc: str | None = Field(None, description="Credit code of who runs the service")
    operator_name: str | None = Field(None, description="Its legal name, on sealed reports")
    national: bool = Field(
        True, description="Found an SM2 trust domain too; needed for OFD and GB/T 38540 seals"
    )
    maker_uscc: str | None = Field(None, description="Credit code of the seal-maker (制章单位)")
    maker_name: str | None = Field(
        None, description="Its legal name, in the seal-maker certificate"
    )
    eseal_version: Literal["V4", "V5"] = Field(
        "V4", description="GB/T 38540-2020 (V4) or GM/T 0031-2025 (V5) for new electronic seals"
    )
    eseal_list_type: Literal[1, 2] = Field(
        1, description="Electronic seals list the signer's certificate (1) or its SM3 digest (2)"
    )
    kek: SecretStr | None = Field(None, description="Key-encryption key, 64 hex digits")
    kek_file: Path | None = Field(None, description="File with the KEK, mode 0600")
    suite: str = Field("ecdsa-p256-sha256", description="Signature suite of new keys")
    workers: int = Field(2, ge=1, le=64, description="Sandbox worker processes per server process")
    worker_timeout_s: float = Field(20.0, gt=0, description="Longest time for one document")
    worker_memory_mb: int = Field(2048, ge=512, description="Address space of one worker")
    max_document_mb: int = Field(50, ge=1, le=50, description="Largest document")
    imprint_dpi: int = Field(300, ge=72, le=1200, description="Resolution of drawn imprints")
    crl_days: int = Field(7, ge=1, le=90, description="Life of a CRL")
    rate_per_minute: int = Field(
        600, ge=0, description="Keyless requests per address; 0 = no limit"
    )
    rate_exempt: list[str] = Field(
        default=["127.0.0.0/8", "::1/128"], description="Networks without a rate limit"
    )
    rate_cost_heavy: int = Field(
        10, ge=1, description="Tokens for a drawn page, or a report judged once more"
    )
    rate_cost_per_second: int = Field(
        30, ge=0, description="Tokens for each second of work beyond the first"
    )
    failed_keys_per_minute: int = Field(
        60, ge=0, description="Keys that are none, per address; 0 = no limit"
    )
    upload_budget_mb: int = Field(
        512, ge=0, description="Bodies held at once by one server process; 0 = no limit"
    )
    upload_budget_per_address_mb: int = Field(
        110, ge=0, description="The same for one address without a key; 0 = no limit"
    )
    jobs_per_address: int = Field(
        1, ge=1, description="Documents of one address without a key in work at once"
    )
    job_wait_s: float = Field(10.0, ge=0, le=60, description="Longest wait for such a slot")
    limit_concurrency: int = Field(
        500, ge=0, description="Connections of one server process; 0 = no limit"
    )
    report_days: int = Field(
        30, ge=0, description="Days a report that is no fact is kept; 0 = for ever"
    )
    blob_sweep: bool = Field(True, description="Delete stored bytes that no row names any more")
    cors_origins: list[str] = Field(default=[], description="Web origins that may verify")
    strict_org_check: bool = Field(False, description="ORG_CHECK is an error, not a warning")

    @property
    def effective_database_url(self) -> str:
        """The URL of the database; SQLite in the data folder by default."""
        return self.database_url or f"sqlite:///{(self.data / 'sealsvc.db').absolute()}"

    @property
    def effective_origin(self) -> str:
        """The log's origin. Source: C2SP tlog-tiles (URL prefix without scheme)."""
        return self.log_origin or f"{self.base_url.split('://', 1)[-1].rstrip('/')}/log"

    @property
    def effective_kek_file(self) -> Path:
        """Where the KEK is when the environment does not hold it."""
        return self.kek_file or self.data / "kek"
