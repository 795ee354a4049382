<?php
/**
 * What the owner of the site has decided, checked.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

/** What the settings page stores, where nothing was stored yet. Limits: '' sets none. */
const DEFAULT_SETTINGS = array(
	'agents'                => array(),
	'origins'               => array(),
	'limits'                => array(
		'address_per_minute' => '5',
		'address_per_hour'   => '20',
		'per_minute'         => '60',
		'per_day'            => '1000',
	),
	'proxies'               => '0',
	'everywhere'            => false,
	'everywhere_attributes' => 'position="bottom-right"',
);

/**
 * The settings as they were typed.
 *
 * @return array In the shape of DEFAULT_SETTINGS.
 */
function get_settings() {
	$stored = get_option( SETTINGS_OPTION );
	return ( is_array( $stored ) ? $stored : array() ) + DEFAULT_SETTINGS;
}

/** The API key: the constant, else the option, else ''. It goes to Synthflow and nowhere else. */
function get_api_key() {
	if ( is_key_constant() ) {
		return (string) SYNTHFLOW_API_KEY;
	}
	// In an array, as WordPress' own page of all options prints texts and not arrays.
	$stored = get_option( KEY_OPTION );
	return is_array( $stored ) && isset( $stored['key'] ) ? (string) $stored['key'] : '';
}

/** Whether wp-config.php says the key. */
function is_key_constant() {
	return defined( 'SYNTHFLOW_API_KEY' ) && '' !== SYNTHFLOW_API_KEY;
}

/**
 * Checks the settings.
 *
 * @return array What the endpoint works with: `api_key`, `agents`, `origins`, `limits`, `proxies`, `widget_base_url`.
 * @throws Misconfigured One sentence on what to change; it quotes no value.
 */
function resolve_settings() {
	$settings = get_settings();
	$api_base = defined( 'SYNTHFLOW_API_URL' ) ? resolve_base_url( 'SYNTHFLOW_API_URL', SYNTHFLOW_API_URL ) : null;
	return array(
		'api_key'         => resolve_key( get_api_key() ),
		'agents'          => resolve_agents( $settings['agents'], $api_base ),
		'origins'         => resolve_origins( $settings['origins'] ),
		'limits'          => resolve_limits( $settings['limits'] ),
		'proxies'         => resolve_proxies( $settings['proxies'] ),
		'widget_base_url' => defined( 'SYNTHFLOW_WIDGET_URL' )
			? resolve_base_url( 'SYNTHFLOW_WIDGET_URL', SYNTHFLOW_WIDGET_URL )
			: 'https://widget.synthflow.ai',
	);
}

/** What is wrong with the settings, in one sentence; '' where nothing is. */
function settings_problem() {
	try {
		resolve_settings();
		return '';
	} catch ( Misconfigured $problem ) {
		return $problem->getMessage();
	}
}

/**
 * Checks the key.
 *
 * @param string $key The key.
 * @return string The same.
 * @throws Misconfigured One sentence on what to change.
 */
function resolve_key( $key ) {
	if ( '' === $key ) {
		throw new Misconfigured( __( 'The Synthflow API key is missing.', 'synthflow-call' ) );
	}
	// A line break in it would be another header.
	if ( ! preg_match( '/^[\x21-\x7e]+$/D', $key ) ) {
		throw new Misconfigured( __( 'The Synthflow API key holds a space, a line break or another character that no key has: paste it again.', 'synthflow-call' ) );
	}
	return $key;
}

/**
 * Checks the other origins whose pages may ask.
 *
 * @param string[] $origins As `https://www.example.com`.
 * @return string[] The same.
 * @throws Misconfigured One sentence on what to change.
 */
function resolve_origins( $origins ) {
	foreach ( array_values( $origins ) as $index => $origin ) {
		if ( '*' === $origin ) {
			throw new Misconfigured( __( 'The origin * would let any page on the web spend your minutes: list exact origins.', 'synthflow-call' ) );
		}
		// As browsers write it: lower case, and no port where it is the scheme's own.
		$is_exact = preg_match( '~^(https?)://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[\da-f:]+\])(?::([1-9]\d{0,4}))?$~D', $origin, $parts );
		if ( ! $is_exact || ( isset( $parts[2] ) && ( 'https' === $parts[1] ? '443' : '80' ) === $parts[2] ) ) {
			/* translators: %d: number of the line. */
			$sentence = __( 'Origin %d is not an exact origin: write it as https://www.example.com, in lower case, with no path and no slash at the end.', 'synthflow-call' );
			throw new Misconfigured( sprintf( $sentence, $index + 1 ) );
		}
	}
	return $origins;
}

/**
 * Checks one of the two addresses of Synthflow that wp-config.php may set, for tests and regions.
 *
 * @param string $name Of the constant.
 * @param mixed  $base Its value.
 * @return string The same, without a slash at its end.
 * @throws Misconfigured One sentence on what to change.
 */
function resolve_base_url( $name, $base ) {
	$parts   = is_string( $base ) ? wp_parse_url( $base ) : false;
	$parts   = $parts ? $parts : array();
	$scheme  = $parts['scheme'] ?? '';
	$host    = $parts['host'] ?? '';
	$is_safe = '' !== $host && ( 'https' === $scheme || ( 'http' === $scheme && is_loopback( $host ) ) );
	if ( ! $is_safe || array_intersect_key( $parts, array_flip( array( 'user', 'pass', 'query', 'fragment' ) ) ) ) {
		/* translators: %s: SYNTHFLOW_WIDGET_URL or SYNTHFLOW_API_URL. */
		$sentence = __( '%s in wp-config.php must be an https: URL (http: only on this machine) without user name, query or hash.', 'synthflow-call' );
		throw new Misconfigured( sprintf( $sentence, $name ) );
	}
	return rtrim( $base, '/' );
}

/**
 * Whether a host name means this machine.
 *
 * @param string $host Without a port.
 */
function is_loopback( $host ) {
	return 1 === preg_match( '/^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/iD', $host );
}
