"""证书: issue, renew and revoke certificates; certificates and CRLs for anyone to fetch."""
