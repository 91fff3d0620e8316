"""Certificates, tokens and the kubeconfig of one API server."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.process import run

ADMIN = "cluster-admin"
SERVICE_ADDRESS = "10.96.0.1"
DOMAIN = "cluster.local"
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


@dataclass(frozen=True, slots=True)
class Pki:
    """A directory of keys and certificates, all signed by one authority of its own."""

    directory: Path

    @property
    def authority(self) -> Path:
        """The authority's certificate."""
        return self.directory / "ca.crt"

    @property
    def token(self) -> str:
        """The administrator's token."""
        return (self.directory / "tokens.csv").read_text().partition(",")[0]

    def create(self, addresses: list[str], nodes: dict[str, str]) -> None:
        """Makes everything for an API server at `addresses`, and for nodes by name and address."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._openssl("req", "-x509", *_KEY, "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days", "3650", "-subj", "/CN=flinkop-local")
        names = [f"DNS:{name}" for name in _service_names()] + [f"IP:{address}" for address in (*addresses, SERVICE_ADDRESS)]
        self._leaf("apiserver", "/CN=kube-apiserver", ",".join(names))
        self._leaf("kubelet-client", "/O=system:masters/CN=kube-apiserver-kubelet-client", "DNS:kubelet-client")
        self._leaf("front-proxy", "/CN=front-proxy-client", "DNS:front-proxy-client")
        for name, address in nodes.items():
            self._leaf(name, f"/O=system:nodes/CN=system:node:{name}", f"DNS:{name},IP:{address}")
        self._openssl("genrsa", "-out", "sa.key", "2048")
        self._openssl("rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub")
        (self.directory / "tokens.csv").write_text(f'{secrets.token_hex(16)},{ADMIN},{ADMIN},"system:masters"\n')

    def write_kubeconfig(self, path: Path, url: str, context: str) -> None:
        """The administrator's kubeconfig."""
        authority = base64.b64encode(self.authority.read_bytes()).decode()
        path.touch(mode=0o600)
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": context,
            "clusters": [{"name": context, "cluster": {"server": url, "certificate-authority-data": authority}}],
            "users": [{"name": "admin", "user": {"token": self.token}}],
            "contexts": [{"name": context, "context": {"cluster": context, "user": "admin"}}],
        }
        path.write_text(json.dumps(content, indent=1))

    def _leaf(self, name: str, subject: str, names: str) -> None:
        self._openssl("req", *_KEY, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        (self.directory / f"{name}.ext").write_text(f"subjectAltName={names}\n")
        signed = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "3650", "-extfile", f"{name}.ext")
        self._openssl("x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.crt")

    def _openssl(self, *arguments: str) -> None:
        run("openssl", *arguments, cwd=self.directory)


def _service_names() -> list[str]:
    return ["kubernetes", "kubernetes.default", "kubernetes.default.svc", f"kubernetes.default.svc.{DOMAIN}"]


def apiserver_flags(pki: Path) -> list[str]:
    """The flags of kube-apiserver that name files of the directory `pki`."""
    return [
        f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key",
        f"--client-ca-file={pki}/ca.crt",
        f"--token-auth-file={pki}/tokens.csv",
        "--authorization-mode=Node,RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={pki}/sa.pub",
        f"--service-account-signing-key-file={pki}/sa.key",
    ]
