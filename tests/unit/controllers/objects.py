"""Objects as an informer's store holds them."""

from __future__ import annotations

from typing import Any


class Objects(dict[Any, Any]):
    """A store: empty ones are false, as the real ones are."""

    def by_index(self, _index: str, _key: Any) -> list[Any]:
        """Nothing is indexed."""
        return []
