<?php
/**
 * Whose sessions a session counts among.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

/**
 * Checks where a visitor's address is found.
 *
 * @param string $proxies Number of proxies in front of this site, or `cloudflare`.
 * @return string The same.
 * @throws Misconfigured One sentence on what to change.
 */
function resolve_proxies( $proxies ) {
	if ( 'cloudflare' !== $proxies && ! preg_match( '/^(?:\d|1[0-6])$/D', $proxies ) ) {
		throw new Misconfigured( __( 'The proxies in front of the site must be a number from 0 to 16, or cloudflare.', 'synthflow-call' ) );
	}
	return $proxies;
}

/**
 * The visitor's address as limits count it: an IPv4 address, or the /64 of an IPv6 one, which is what one household has.
 * Those whose address nobody knows count as one visitor.
 *
 * @param \WP_REST_Request $request The request.
 * @param string           $proxies See {@see resolve_proxies()}.
 */
function counted_address( $request, $proxies ) {
	if ( 'cloudflare' === $proxies ) {
		$address = $request->get_header( 'cf_connecting_ip' );
	} elseif ( '0' === $proxies ) {
		$address = isset( $_SERVER['REMOTE_ADDR'] ) ? sanitize_text_field( wp_unslash( $_SERVER['REMOTE_ADDR'] ) ) : '';
	} else {
		// Each proxy adds on the right whom it heard from: only what our own added is true, never the left.
		$forwarded = explode( ',', (string) $request->get_header( 'x_forwarded_for' ) );
		$address   = trim( $forwarded[ count( $forwarded ) - (int) $proxies ] ?? '' );
	}
	return household( (string) $address ) ?? 'unknown';
}

/**
 * What of an address is counted; null for what is none.
 *
 * @param string $text An address, also with a port, in brackets, or with a zone.
 */
function household( $text ) {
	if ( preg_match( '/^(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?$/D', $text, $parts ) ) {
		return filter_var( $parts[1], FILTER_VALIDATE_IP, FILTER_FLAG_IPV4 ) ? $parts[1] : null;
	}
	if ( ! preg_match( '/^(?:\[([\da-f:.]+)\](?::\d{1,5})?|([\da-f:.]+))(?:%.*)?$/iD', $text, $parts ) ) {
		return null;
	}
	$address = $parts[2] ?? $parts[1];
	if ( ! filter_var( $address, FILTER_VALIDATE_IP, FILTER_FLAG_IPV6 ) ) {
		return null;
	}
	$bytes = inet_pton( $address );
	if ( str_repeat( "\0", 10 ) . "\xff\xff" === substr( $bytes, 0, 12 ) ) {
		return inet_ntop( substr( $bytes, 12 ) );
	}
	return inet_ntop( substr( $bytes, 0, 8 ) . str_repeat( "\0", 8 ) ) . '/64';
}
