<?php
/**
 * Takes away all that the plugin has put into the database, on every site of a network.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

/** Takes it away on the current site. */
function uninstall_site() {
	global $wpdb;
	foreach ( array( 'synthflow_call', 'synthflow_call_key', 'synthflow_call_version' ) as $option ) {
		delete_option( $option );
	}
	wp_clear_scheduled_hook( 'synthflow_call_forget' );
	$wpdb->query( "DROP TABLE IF EXISTS {$wpdb->prefix}synthflow_call_uses" ); // phpcs:ignore WordPress.DB
}

if ( is_multisite() ) {
	foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $site_id ) {
		switch_to_blog( $site_id );
		uninstall_site();
		restore_current_blog();
	}
} else {
	uninstall_site();
}
