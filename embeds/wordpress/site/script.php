<?php
/**
 * The script that defines the tag, on the pages that have one.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

/** Of script, module and style. */
const HANDLE = 'synthflow-call';

/** URL of a file that the tag's own build has made. */
function script_url( $file = '' ) {
	return plugins_url( "script/$file", PLUGIN_FILE );
}

/** The classic script, which may also stand inside the editor; and the style that keeps the tag's place until it is there. */
function register_script() {
	wp_register_script( HANDLE, script_url( 'synthflow-call.iife.js' ), array(), VERSION, true );
	wp_register_style( HANDLE, plugins_url( 'site/place.css', PLUGIN_FILE ), array(), VERSION );
}
add_action( 'init', __NAMESPACE__ . '\register_script' );

/** Has the current page load it: as a module where WordPress knows modules (6.5, and not in the admin), else as a classic script. */
function enqueue_script() {
	wp_enqueue_style( HANDLE );
	if ( function_exists( 'wp_enqueue_script_module' ) && ! is_admin() ) {
		wp_enqueue_script_module( HANDLE, script_url( 'synthflow-call.js' ), array(), VERSION );
	} else {
		wp_enqueue_script( HANDLE );
	}
}
