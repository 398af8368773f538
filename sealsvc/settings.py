"""Settings from the environment (`SEALSVC_*`); docs/configuration.md explains each."""

from pathlib import Path

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
