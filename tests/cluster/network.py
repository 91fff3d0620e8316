"""The network of an instance: a namespace for the control plane with a bridge, one for each node, and no route out."""

from __future__ import annotations

from tests.cluster.instance import Instance
from tests.cluster.process import run, succeeds


def build(instance: Instance, nodes: int) -> None:
    """Makes the namespaces, links and routes."""
    plane = instance.control_plane
    run("ip", "netns", "add", plane)
    _ip(plane, "link", "set", "lo", "up")
    _ip(plane, "link", "add", "bridge0", "type", "bridge")
    _ip(plane, "addr", "add", f"{instance.gateway}/24", "dev", "bridge0")
    _ip(plane, "link", "set", "bridge0", "up")
    _forward(plane)
    _join_host(instance)
    for node in range(1, nodes + 1):
        _add_node(instance, node)


def remove(instance: Instance) -> None:
    """Removes all of it; what is not there is no trouble."""
    for line in run("ip", "netns", "list").splitlines():
        name = line.split()[0]
        if name == instance.control_plane or name.startswith(f"{instance.prefix}-n"):
            run("ip", "netns", "del", name)
    succeeds("ip", "link", "del", _host_link(instance))


def _join_host(instance: Instance) -> None:
    plane, link = instance.control_plane, _host_link(instance)
    run("ip", "link", "add", link, "type", "veth", "peer", "name", "host", "netns", plane)
    run("ip", "addr", "add", f"{instance.host}/24", "dev", link)
    run("ip", "link", "set", link, "up")
    _ip(plane, "link", "set", "host", "master", "bridge0", "up")


def _add_node(instance: Instance, node: int) -> None:
    plane, namespace = instance.control_plane, instance.node_namespace(node)
    run("ip", "netns", "add", namespace)
    _ip(namespace, "link", "set", "lo", "up")
    _ip(plane, "link", "add", f"n{node}", "type", "veth", "peer", "name", "eth0", "netns", namespace)
    _ip(plane, "link", "set", f"n{node}", "master", "bridge0", "up")
    _ip(namespace, "addr", "add", f"{instance.address(node)}/24", "dev", "eth0")
    _ip(namespace, "link", "set", "eth0", "up")
    _ip(namespace, "route", "add", "default", "via", instance.gateway)
    _ip(plane, "route", "add", f"10.244.{node}.0/24", "via", instance.address(node))
    _forward(namespace)


def _host_link(instance: Instance) -> str:
    return f"{instance.prefix}h"


def _ip(namespace: str, *arguments: str) -> None:
    run("ip", "-n", namespace, *arguments)


def _forward(namespace: str) -> None:
    run("nsenter", f"--net=/run/netns/{namespace}", "sysctl", "-qw", "net.ipv4.ip_forward=1")
