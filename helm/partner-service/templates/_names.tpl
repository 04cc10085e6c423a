{{/* Room is left for the longest suffix, "-migrate-" and ten characters. */}}
{{- define "partner-service.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 44 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 44 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 44 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* What selectors select by: never changes in a release's life. Takes (dict "root" $ "component" "server"). */}}
{{- define "partner-service.selectorLabels" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "partner-service.labels" -}}
{{ include "partner-service.selectorLabels" . }}
app.kubernetes.io/version: {{ default .root.Chart.AppVersion .root.Values.image.tag | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "partner-service.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "partner-service.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end }}

{{- define "partner-service.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end }}

{{/* "true" or nothing, so that "if" reads it. */}}
{{- define "partner-service.isSqlite" -}}
{{- if not .Values.database.existingSecret -}}true{{- end -}}
{{- end }}

{{/* The port of a URL: its own, else by its scheme. Takes (dict "url" .. "ports" (dict scheme port ..)). */}}
{{- define "partner-service.portOf" -}}
{{- $url := urlParse .url -}}
{{- $own := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- default (get .ports $url.scheme) $own -}}
{{- end }}
