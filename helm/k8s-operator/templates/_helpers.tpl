{{- define "operator.name" -}}
{{- .Values.fullnameOverride | default (ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name)) | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "operator.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "operator.labels" -}}
{{ include "operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: ledgerflow
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* repository@digest, else repository:tag. Takes [image, root]. */}}
{{- define "operator.image" -}}
{{- $image := index . 0 -}}
{{- $root := index . 1 -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default $root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* The namespaces whose objects it looks after, as a JSON list; empty for all. */}}
{{- define "operator.namespaces" -}}
{{- if .Values.scope.clusterWide -}}
[]
{{- else -}}
{{ .Values.scope.namespaces | default (list .Release.Namespace) | uniq | toJson }}
{{- end -}}
{{- end -}}

{{/* Fails when another release looks after a namespace of this one: each would have a leader. Nothing is known when it is only rendered. */}}
{{- define "operator.alone" -}}
{{- $root := . -}}
{{- $found := list -}}
{{- if .Values.scope.clusterWide -}}
{{- $found = concat (dig "items" list (lookup "rbac.authorization.k8s.io/v1" "ClusterRoleBinding" "" "")) (dig "items" list (lookup "rbac.authorization.k8s.io/v1" "RoleBinding" "" "")) -}}
{{- else -}}
{{- range include "operator.namespaces" . | fromJsonArray -}}
{{- $found = concat $found (dig "items" list (lookup "rbac.authorization.k8s.io/v1" "RoleBinding" . "")) -}}
{{- end -}}
{{- end -}}
{{- range $found -}}
{{- $labels := .metadata.labels | default dict -}}
{{- $annotations := .metadata.annotations | default dict -}}
{{- $release := get $annotations "meta.helm.sh/release-name" -}}
{{- $home := get $annotations "meta.helm.sh/release-namespace" -}}
{{- if and $release (eq (get $labels "app.kubernetes.io/name" | default "") $root.Chart.Name) (not (hasSuffix "-election" .metadata.name)) (not (and (eq $release $root.Release.Name) (eq $home $root.Release.Namespace))) -}}
{{- fail (printf "release %s in namespace %s looks after %s already: one release for each namespace" $release $home (.metadata.namespace | default "all namespaces")) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "operator.jobServiceAccount" -}}
{{- if .Values.job.serviceAccountName -}}
{{ .Values.job.serviceAccountName }}
{{- else if .Values.scope.clusterWide -}}
default
{{- else -}}
{{ include "operator.name" . }}-rebuild
{{- end -}}
{{- end -}}

{{/* What the restricted pod security standard asks for. */}}
{{- define "operator.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "operator.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end -}}
