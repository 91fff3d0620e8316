"""Why a resource is as it is, and what to do next: gathered from the cluster, put together by pure functions, shown as text or JSON."""
