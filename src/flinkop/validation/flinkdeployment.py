"""All rules for FlinkDeployments, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Mapping

from flinkop.api.flinkdeployment import FlinkDeploymentSpec
from flinkop.validation import configuration, identity, ingress, job, notyet, podtemplate, resource, standalone
from flinkop.validation.subject import Rule, Subject
from flinkop.validation.violation import Violation

RULES: tuple[Rule, ...] = (
    identity.has_a_valid_name,
    identity.has_a_supported_version,
    identity.keeps_its_version_while_suspended,
    identity.keeps_its_nature,
    identity.has_a_service_account,
    identity.has_an_image_that_can_be_named,
    identity.has_a_valid_pull_policy,
    notyet.is_supported,
    configuration.leaves_identity_to_the_operator,
    configuration.has_readable_options,
    configuration.has_known_operator_options,
    configuration.can_be_written,
    configuration.uses_names_that_flink_knows,
    configuration.leaves_restore_paths_to_the_operator,
    configuration.names_each_option_once,
    configuration.names_a_kind_of_high_availability,
    configuration.has_overrides_that_are_numbers,
    configuration.has_storage_for_high_availability,
    configuration.has_java_options_that_survive_the_shell,
    configuration.has_entrypoint_arguments_that_survive_the_shell,
    configuration.rolls_back_only_with_high_availability,
    configuration.checks_health_only_with_recovery,
    configuration.keeps_the_checkpoints_of_a_cancelled_job,
    configuration.has_known_log_files,
    ingress.has_a_template_that_gives_a_host,
    job.has_parallelism,
    job.has_a_jar_that_flink_can_run,
    job.keeps_its_state_somewhere,
    job.asks_for_checkpoints_that_flink_can_take,
    job.takes_snapshots_in_a_rhythm_that_can_be_kept,
    job.redeploys_from_a_path,
    job.starts_from_a_real_path,
    job.starts_from_a_path_without_blanks,
    resource.has_readable_resources,
    resource.has_memory_that_flink_accepts,
    resource.has_cpu_that_can_be_asked_for,
    resource.has_limits_above_requests,
    resource.has_enough_replicas,
    podtemplate.has_well_formed_pod_templates,
    podtemplate.gives_what_a_pod_needs,
    podtemplate.names_its_containers,
    podtemplate.mounts_volumes_that_there_are,
    podtemplate.has_labels_that_kubernetes_takes,
    podtemplate.lays_like_over_like,
    podtemplate.has_a_main_container,
    podtemplate.leaves_restarts_to_the_deployment,
    podtemplate.leaves_flinks_directories_alone,
    standalone.is_reactive_where_flink_can_be,
    standalone.names_the_class_of_a_jar_that_flink_does_not_search,
    standalone.has_a_jar_that_is_one,
    standalone.has_arguments_that_a_command_line_takes,
    standalone.has_options_with_an_effect,
)


def validate_flinkdeployment(
    name: str,
    namespace: str,
    spec: FlinkDeploymentSpec,
    conf: Mapping[str, str],
    previous: FlinkDeploymentSpec | None = None,
) -> tuple[Violation, ...]:
    """Everything that is wrong with a FlinkDeployment.

    `conf` is its effective configuration: the operator's defaults, its own and what its fields give. `previous` is the spec
    that was accepted before, for rules about changes.
    """
    subject = Subject(name, namespace, spec, conf, previous)
    return tuple(dict.fromkeys(violation for rule in RULES for violation in rule(subject)))
