fx_version 'cerulean'
game 'common'

name 'cmsban'
description 'Bans and kicks in Sonoran CMS and CAD, from chat, txAdmin and other resources'
author 'the cmsban authors'
version '1.0.0'
license 'MIT'

-- Node 22, which is what every server since build 12913 can run.
node_version '22'
dependency '/server:12913'

server_script 'dist/server.js'
client_script 'dist/client.js'

-- The window of /cmspanel.
ui_page 'dist/panel/index.html'
files {
    'dist/panel/index.html',
    'dist/panel/main.css',
    'dist/panel/main.js',
}
-- No page of another resource may call this one's scripts.
nui_callback_strict_mode 'true'

-- The settings, as FxDK's editor shows them. All of them are in cmsban.example.cfg, with comments.
convar_category 'cmsban' {
    'Bans and kicks in Sonoran CMS and CAD',
    {
        { 'CMS community id', 'cmsban_cms_community_id', 'CV_STRING', '' },
        { 'CMS API key', 'cmsban_cms_api_key', 'CV_PASSWORD', '' },
        { 'CAD community id', 'cmsban_cad_community_id', 'CV_STRING', '' },
        { 'CAD API key', 'cmsban_cad_api_key', 'CV_PASSWORD', '' },
        { 'CMS host', 'cmsban_cms_url', 'CV_STRING', '' },
        { 'CAD host', 'cmsban_cad_url', 'CV_STRING', '' },
        { 'CAD API version', 'cmsban_cad_version', 'CV_MULTI', { '2', '1' } },
        { 'CMS identifier types, first wins', 'cmsban_cms_id_types', 'CV_STRING', '' },
        { 'CAD identifier types, first wins', 'cmsban_cad_id_types', 'CV_STRING', '' },
        { 'How identifiers are written as API IDs', 'cmsban_api_id_format', 'CV_MULTI', { 'value', 'prefixed', 'upper' } },
        { 'When players are dropped', 'cmsban_drop_when', 'CV_MULTI', { 'success', 'all', 'always' } },
        { 'Bans of people without an account', 'cmsban_unlinked', 'CV_MULTI', { 'keep', 'refuse' } },
        { 'txAdmin actions to mirror', 'cmsban_txadmin_actions', 'CV_STRING', 'ban,unban' },
        { 'Temporary txAdmin bans', 'cmsban_temporary_bans', 'CV_MULTI', { 'lift', 'permanent', 'skip' } },
        { 'Refuse banned people at the door', 'cmsban_join_gate', 'CV_BOOL', true },
        { 'While no ban list is known', 'cmsban_gate_when_unknown', 'CV_MULTI', { 'allow', 'deny' } },
        { 'Where to appeal, for those refused', 'cmsban_appeal_text', 'CV_STRING', '' },
        { 'Read the ban lists every (minutes)', 'cmsban_mirror_minutes', 'CV_INT', 15, 1, 1440 },
        { 'Take push events from CMS', 'cmsban_push_events', 'CV_BOOL', true },
        { 'Discord webhook', 'cmsban_discord_webhook', 'CV_PASSWORD', '' },
        { 'What is told in Discord', 'cmsban_discord_events', 'CV_STRING', 'ban,kick,unban,door,problem' },
        { 'Where players read the answers', 'cmsban_notify', 'CV_MULTI', { 'chat', 'ox_lib' } },
        { 'Reasons to choose from in the panel', 'cmsban_reasons', 'CV_STRING', '' },
        { 'Exports need an ACE', 'cmsban_restrict_exports', 'CV_BOOL', false },
        { 'Records kept in CMS: ban, kick, warn', 'cmsban_cms_records', 'CV_STRING', '' },
        { 'Points of such a record', 'cmsban_cms_record_points', 'CV_INT', 0, 0, 1000 },
        { 'Longest API call (ms)', 'cmsban_request_timeout_ms', 'CV_INT', 10000, 100, 120000 },
        { 'Try a delivery for (hours)', 'cmsban_retry_hours', 'CV_INT', 168, 1, 8760 },
        { 'Actions kept in the history', 'cmsban_history_limit', 'CV_INT', 500, 1, 100000 },
        { 'Where decisions are kept', 'cmsban_storage', 'CV_MULTI', { 'kvp', 'mysql' } },
        { 'Database that servers share', 'cmsban_mysql_connection_string', 'CV_PASSWORD', '' },
        { 'Name of this server', 'cmsban_server_name', 'CV_STRING', '' },
        { 'Say when a newer release is out', 'cmsban_version_check', 'CV_BOOL', true },
        { 'Language (file in locales/)', 'cmsban_locale', 'CV_STRING', 'en' },
        { 'Log level', 'cmsban_log_level', 'CV_MULTI', { 'info', 'debug', 'warn', 'error' } },
    },
}
