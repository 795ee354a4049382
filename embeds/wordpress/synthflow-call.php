<?php
/**
 * Plugin Name:       Synthflow Call
 * Description:       Let your visitors talk by voice with your Synthflow AI agent: a block, a shortcode, or a button on every page.
 * Version:           0.0.0
 * Requires at least: 6.1
 * Requires PHP:      7.4
 * Author:            The synthflow-call authors
 * License:           MIT
 * License URI:       https://opensource.org/license/mit
 * Text Domain:       synthflow-call
 * Domain Path:       /languages
 *
 * The build writes the package's version into this file (scripts/build-wordpress.mjs).
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

const VERSION     = '0.0.0';
const PLUGIN_FILE = __FILE__;

/** Names in the database. */
const SETTINGS_OPTION = 'synthflow_call';
const KEY_OPTION      = 'synthflow_call_key';
const VERSION_OPTION  = 'synthflow_call_version';
const FORGET_EVENT    = 'synthflow_call_forget';

require __DIR__ . '/token/refusal.php';
require __DIR__ . '/token/agents.php';
require __DIR__ . '/token/settings.php';
require __DIR__ . '/token/origin-guard.php';
require __DIR__ . '/token/client-address.php';
require __DIR__ . '/token/limits.php';
require __DIR__ . '/token/request-fields.php';
require __DIR__ . '/token/ask-synthflow.php';
require __DIR__ . '/token/session.php';
require __DIR__ . '/token/endpoint.php';
require __DIR__ . '/token/route.php';
require __DIR__ . '/site/attributes.php'; // Made by the build from custom-elements.json.
require __DIR__ . '/site/script.php';
require __DIR__ . '/site/tag.php';
require __DIR__ . '/site/shortcode.php';
require __DIR__ . '/site/everywhere.php';
require __DIR__ . '/site/block.php';
if ( is_admin() ) {
	require __DIR__ . '/admin/settings-page.php';
}

/** Makes what the plugin keeps in the database, on this site of a network and after an update too. */
function install() {
	if ( VERSION === get_option( VERSION_OPTION ) ) {
		return;
	}
	// Before the settings page would: the key is read by the token endpoint alone, not with every page.
	add_option( KEY_OPTION, array(), '', 'no' );
	create_uses_table();
	if ( ! wp_next_scheduled( FORGET_EVENT ) ) {
		wp_schedule_event( time() + HOUR_IN_SECONDS, 'hourly', FORGET_EVENT );
	}
	update_option( VERSION_OPTION, VERSION );
}
add_action( 'init', __NAMESPACE__ . '\install' );
add_action( FORGET_EVENT, __NAMESPACE__ . '\forget_uses' );

register_deactivation_hook(
	PLUGIN_FILE,
	function () {
		wp_clear_scheduled_hook( FORGET_EVENT );
		// Activated again, it schedules the event again.
		delete_option( VERSION_OPTION );
	}
);
