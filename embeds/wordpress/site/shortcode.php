<?php
/**
 * `[synthflow_call variant="card" reconnect]`
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

/**
 * The attributes of a shortcode by name: one without a value is a boolean that is set.
 *
 * @param array|string $parsed As WordPress parses them; '' where there are none.
 */
function shortcode_attributes( $parsed ) {
	$attributes = array();
	foreach ( (array) $parsed as $name => $value ) {
		if ( is_int( $name ) ) {
			$attributes[ strtolower( $value ) ] = true;
		} else {
			$attributes[ $name ] = $value;
		}
	}
	return $attributes;
}

/**
 * The shortcode's HTML.
 *
 * @param array|string $parsed As WordPress parses them.
 */
function render_shortcode( $parsed ) {
	return render_tag( shortcode_attributes( $parsed ) );
}
add_shortcode( 'synthflow_call', __NAMESPACE__ . '\render_shortcode' );
