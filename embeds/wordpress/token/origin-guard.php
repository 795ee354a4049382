<?php
/**
 * Which pages may ask for a session.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

/**
 * Whether the page that sent this request may have a session: one of this site, or of an origin that is listed. What is
 * not known to be allowed is refused. It holds back browsers, which cannot forge these headers; a program can send any
 * header it likes.
 *
 * @param \WP_REST_Request $request The request.
 * @param string[]         $origins The origins that are listed.
 */
function admits_origin( $request, $origins ) {
	$site   = $request->get_header( 'sec_fetch_site' );
	$origin = $request->get_header( 'origin' );
	if ( 'same-origin' === $site ) {
		return true;
	}
	// `null` is every sandboxed frame, data: URL and local file at once: nobody in particular.
	if ( null === $origin || 'null' === $origin ) {
		return false;
	}
	// Browsers send Sec-Fetch-Site over HTTPS and loopback only, and Safari since 16.4. Where it is there it is believed.
	return in_array( $origin, $origins, true ) || ( null === $site && own_origin() === $origin );
}

/**
 * The listed origin that may read the answer, or null. The site's own needs no permission.
 *
 * @param \WP_REST_Request $request The request.
 * @param string[]         $origins The origins that are listed.
 */
function readable_by( $request, $origins ) {
	$origin = $request->get_header( 'origin' );
	return in_array( $origin, $origins, true ) ? $origin : null;
}

/** This site's origin, as browsers write it. */
function own_origin() {
	$parts = wp_parse_url( home_url() );
	$port  = isset( $parts['port'] ) ? ":{$parts['port']}" : '';
	return strtolower( "{$parts['scheme']}://{$parts['host']}$port" );
}
