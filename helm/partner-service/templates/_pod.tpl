{{/* What the pods of the Deployment and of the migration Job have in common: restricted, and no secret beyond what each needs. */}}
{{- define "partner-service.podBasics" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  {{- with .Values.podSecurityContext.runAsUser }}
  runAsUser: {{ int64 . }}
  {{- end }}
  {{- with .Values.podSecurityContext.runAsGroup }}
  runAsGroup: {{ int64 . }}
  {{- end }}
  {{- with .Values.podSecurityContext.fsGroup }}
  fsGroup: {{ int64 . }}
  {{- end }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "partner-service.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  privileged: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{/* Where secrets are mounted, as files: what is in the environment shows up in crash reports and child processes. */}}
{{- define "partner-service.secretsFolder" -}}/run/secrets/partner-service{{- end }}

{{/* Of which database: the server's variables and the Job's. SQLite is in the data folder, as without the variable. */}}
{{- define "partner-service.databaseEnv" -}}
{{- if .Values.database.existingSecret }}
- name: PARTNER_DATABASE_URL_FILE
  value: {{ include "partner-service.secretsFolder" . }}/database-url
{{- if .Values.database.existingSecretDirectKey }}
- name: PARTNER_DATABASE_DIRECT_URL_FILE
  value: {{ include "partner-service.secretsFolder" . }}/database-direct-url
{{- end }}
{{- end }}
{{- end }}

{{- define "partner-service.databaseSource" -}}
- secret:
    name: {{ .Values.database.existingSecret }}
    items:
      - key: {{ .Values.database.existingSecretKey }}
        path: database-url
      {{- with .Values.database.existingSecretDirectKey }}
      - key: {{ . }}
        path: database-direct-url
      {{- end }}
{{- end }}

{{/* How the service is told. A variable whose value is empty is left out: the service's own default holds then. */}}
{{- define "partner-service.env" -}}
{{- $secrets := include "partner-service.secretsFolder" . -}}
- name: PARTNER_LISTEN
  value: {{ printf "%s:50051" .Values.listenAddress | quote }}
- name: PARTNER_DATA_DIR
  value: /data
- name: PARTNER_SHUTDOWN_DEADLINE
  value: {{ printf "%ds" (int64 .Values.shutdown.deadlineSeconds) }}
- name: PARTNER_AUTH
  value: {{ .Values.auth }}
{{- if or (eq .Values.auth "none") (not .Values.tls.existingSecret) }}
- name: PARTNER_INSECURE
  value: "true"
{{- end }}
{{- if eq .Values.auth "jwt" }}
{{- if .Values.jwt.jwksUrl }}
- name: PARTNER_JWKS
  value: {{ .Values.jwt.jwksUrl | quote }}
{{- else }}
- name: {{ eq .Values.jwt.format "jwks" | ternary "PARTNER_JWKS" "PARTNER_JWT_KEY_FILE" }}
  value: {{ $secrets }}/jwt
{{- end }}
- name: PARTNER_JWT_ISSUER
  value: {{ .Values.jwt.issuer | quote }}
- name: PARTNER_JWT_AUDIENCE
  value: {{ .Values.jwt.audience | quote }}
{{- end }}
{{- include "partner-service.databaseEnv" . }}
{{- if ne .Values.migrations.mode "startup" }}
- name: PARTNER_MIGRATE
  value: "off"
{{- end }}
{{- if .Values.tls.existingSecret }}
- name: PARTNER_TLS_CERT_FILE
  value: {{ $secrets }}/tls.crt
- name: PARTNER_TLS_KEY_FILE
  value: {{ $secrets }}/tls.key
{{- end }}
{{- if .Values.tls.clientCaSecret }}
- name: PARTNER_TLS_CLIENT_CA_FILE
  value: {{ $secrets }}/client-ca.crt
{{- end }}
{{- if .Values.secretKey.existingSecret }}
- name: PARTNER_SECRET_KEY_FILE
  value: {{ $secrets }}/secret-key
{{- end }}
{{- if .Values.smtp.existingSecret }}
- name: PARTNER_SMTP_PASSWORD_FILE
  value: {{ $secrets }}/smtp-password
{{- end }}
{{- if .Values.smtp.caSecret }}
- name: PARTNER_SMTP_CA_FILE
  value: {{ $secrets }}/smtp-ca.crt
{{- end }}
{{- if .Values.doorbell.existingSecret }}
- name: PARTNER_DOORBELL_FILE
  value: {{ $secrets }}/doorbell
{{- end }}
{{- if include "partner-service.opensMetrics" . }}
- name: PARTNER_METRICS_LISTEN
  value: {{ printf "%s:9090" .Values.listenAddress | quote }}
{{- end }}
{{- if .Values.config }}
- name: PARTNER_CONFIG
  value: /etc/partner-service/config.toml
{{- end }}
{{- range $name, $value := dict
  "PARTNER_DOORBELL" .Values.doorbell.mode
  "PARTNER_SMTP_URL" .Values.smtp.url
  "PARTNER_SMTP_USERNAME" .Values.smtp.username
  "PARTNER_MAIL_FROM" .Values.mail.from
  "PARTNER_LINK_BASE_URL" .Values.mail.linkBaseUrl
  "PARTNER_INVITATION_EXPIRY" .Values.settings.invitationExpiry
  "PARTNER_EVENT_RETENTION" .Values.settings.eventRetention
  "RUST_LOG" .Values.settings.logFilter }}
{{- with $value }}
- name: {{ $name }}
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- range $name, $value := dict
  "PARTNER_MAILS_PER_RECIPIENT" .Values.mail.perRecipient
  "PARTNER_INVITATIONS_PER_DAY" .Values.settings.invitationsPerDay
  "PARTNER_OPEN_INVITATIONS" .Values.settings.openInvitations
  "PARTNER_RATE_LIMIT" .Values.settings.rateLimit }}
{{- if not (kindIs "invalid" $value) }}
- name: {{ $name }}
  value: {{ int64 $value | quote }}
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The sources of the secrets volume; nothing if there are none. */}}
{{- define "partner-service.secretSources" -}}
{{- if .Values.database.existingSecret }}
{{ include "partner-service.databaseSource" . }}
{{- end }}
{{- if and (eq .Values.auth "jwt") (not .Values.jwt.jwksUrl) }}
- secret:
    name: {{ .Values.jwt.existingSecret }}
    items:
      - key: {{ .Values.jwt.existingSecretKey }}
        path: jwt
{{- end }}
{{- if .Values.tls.existingSecret }}
- secret:
    name: {{ .Values.tls.existingSecret }}
    items:
      - key: {{ .Values.tls.certKey }}
        path: tls.crt
      - key: {{ .Values.tls.keyKey }}
        path: tls.key
{{- end }}
{{- if .Values.tls.clientCaSecret }}
- secret:
    name: {{ .Values.tls.clientCaSecret }}
    items:
      - key: {{ .Values.tls.clientCaKey }}
        path: client-ca.crt
{{- end }}
{{- if .Values.secretKey.existingSecret }}
- secret:
    name: {{ .Values.secretKey.existingSecret }}
    items:
      - key: {{ .Values.secretKey.existingSecretKey }}
        path: secret-key
{{- end }}
{{- if .Values.smtp.existingSecret }}
- secret:
    name: {{ .Values.smtp.existingSecret }}
    items:
      - key: {{ .Values.smtp.existingSecretKey }}
        path: smtp-password
{{- end }}
{{- if .Values.smtp.caSecret }}
- secret:
    name: {{ .Values.smtp.caSecret }}
    items:
      - key: {{ .Values.smtp.caKey }}
        path: smtp-ca.crt
{{- end }}
{{- if .Values.doorbell.existingSecret }}
- secret:
    name: {{ .Values.doorbell.existingSecret }}
    items:
      - key: {{ .Values.doorbell.existingSecretKey }}
        path: doorbell
{{- end }}
{{- end }}

{{/* Kubernetes' gRPC probes speak no TLS: with it, they ask the metrics port. "true" or nothing. */}}
{{- define "partner-service.opensMetrics" -}}
{{- if or .Values.metrics.enabled .Values.tls.existingSecret -}}true{{- end -}}
{{- end }}

{{/* Takes (dict "root" $ "service" "readiness" "path" "/readyz" "probe" ..). */}}
{{- define "partner-service.probe" -}}
{{- if .root.Values.tls.existingSecret }}
httpGet:
  port: metrics
  path: {{ .path }}
{{- else }}
grpc:
  port: 50051
  service: {{ .service }}
{{- end }}
periodSeconds: {{ .probe.periodSeconds }}
timeoutSeconds: {{ .probe.timeoutSeconds }}
failureThreshold: {{ .probe.failureThreshold }}
{{- end }}
