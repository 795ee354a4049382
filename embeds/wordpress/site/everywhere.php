<?php
/**
 * The button on every page of the site, where the settings page has switched it on.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

/** Whether the current page has it. */
function is_everywhere() {
	/**
	 * Whether the current page has the button that is on every page.
	 *
	 * @param bool $is_there What the settings page says.
	 */
	return (bool) apply_filters( 'synthflow_call_everywhere', ! empty( get_settings()['everywhere'] ) );
}

/** Early enough for the page's head, where block themes have their modules. */
function enqueue_everywhere() {
	if ( is_everywhere() && '' === settings_problem() ) {
		enqueue_script();
	}
}
add_action( 'wp_enqueue_scripts', __NAMESPACE__ . '\enqueue_everywhere' );

/** Prints the tag. */
function print_everywhere() {
	if ( is_everywhere() ) {
		$attributes = shortcode_attributes( shortcode_parse_atts( get_settings()['everywhere_attributes'] ) );
		echo render_tag( $attributes ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
	}
}
// Before the footer's scripts (priority 20), to which it may add.
add_action( 'wp_footer', __NAMESPACE__ . '\print_everywhere', 5 );
