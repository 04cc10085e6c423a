{{/* What a schema cannot compare; all else is refused by values.schema.json. */}}
{{- define "partner-service.check" -}}
{{- /* preStop.sleep, which an image without a shell needs, came with 1.30. Not Chart.yaml's kubeVersion: a helm that was built without being told a version says v1.20.0 where there is no cluster to ask. */ -}}
{{- $version := .Capabilities.KubeVersion.Version -}}
{{- if and (semverCompare "<1.30.0-0" $version) (ne $version "v1.20.0") -}}
{{- fail (printf "this chart needs Kubernetes 1.30 or later, and this is %s" $version) -}}
{{- end -}}
{{- with .Values.autoscaling -}}
{{- if and .enabled (gt (int64 .minReplicas) (int64 .maxReplicas)) -}}
{{- fail (printf "autoscaling.minReplicas is %d, more than autoscaling.maxReplicas, which is %d" (int64 .minReplicas) (int64 .maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- with .Values.rollingUpdate -}}
{{- if and (eq (toString .maxSurge | trimSuffix "%") "0") (eq (toString .maxUnavailable | trimSuffix "%") "0") -}}
{{- fail "rollingUpdate.maxSurge and rollingUpdate.maxUnavailable are both 0: no pod could ever be replaced" -}}
{{- end -}}
{{- end -}}
{{- end }}
