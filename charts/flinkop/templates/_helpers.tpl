{{- define "flinkop.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "flinkop.fullname" -}}
{{- $name := include "flinkop.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "flinkop.selectorLabels" -}}
app.kubernetes.io/name: {{ include "flinkop.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "flinkop.labels" -}}
{{ include "flinkop.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "flinkop.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- define "flinkop.operatorServiceAccount" -}}
{{- .Values.operatorServiceAccount.name | default (include "flinkop.fullname" .) }}
{{- end }}

{{/* The namespaces in which jobs run: the release's and the watched ones, as a JSON list. */}}
{{- define "flinkop.jobNamespaces" -}}
{{- append .Values.watchNamespaces .Release.Namespace | uniq | sortAlpha | toJson }}
{{- end }}

{{/* The configuration that holds where flink-operator-config says nothing, as a JSON map. */}}
{{- define "flinkop.defaults" -}}
{{- $defaults := dict
  "kubernetes.operator.leader-election.enabled" "true"
  "kubernetes.operator.leader-election.lease-name" (include "flinkop.fullname" .)
  "kubernetes.operator.health.probe.port" (toString .Values.operatorHealth.port)
  "kubernetes.operator.sql-runner.image" (include "flinkop.image" .) }}
{{- if .Values.defaultConfiguration.append }}
{{- $_ := set $defaults "kubernetes.operator.reconcile.interval" "15 s" }}
{{- $_ := set $defaults "kubernetes.operator.observer.progress-check.interval" "1 s" }}
{{- end }}
{{- toJson $defaults }}
{{- end }}
