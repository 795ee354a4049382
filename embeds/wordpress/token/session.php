<?php
/**
 * Sessions of both wires.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

const CALLS_PATH = '/calls/outbound-test-ws-media';
/** What a token is made of, base64 included: nothing that means something in markup or a shell. */
const SID_PATTERN = '~^[\w.:\~+/=@-]{1,512}$~D';
/** Without the slash: a call's id goes to the log, and no URL does. */
const CALL_ID_PATTERN = '/^[\w.:~+=@-]{1,512}$/D';

/**
 * Asks Synthflow for one session of an agent of the widget websocket.
 *
 * @param array $settings See {@see resolve_settings()}.
 * @param array $agent    One of {@see resolve_agents()}.
 * @return array What the widget gets.
 * @throws Refusal And nothing else.
 */
function fetch_session( $settings, $agent ) {
	$base   = $settings['widget_base_url'];
	$answer = ask_synthflow(
		$settings['api_key'],
		array(
			'url'        => "$base/websocket/token/{$agent['id']}",
			'may_repeat' => true,
		)
	);
	return array(
		'sessionURL' => usable( socket_url( $answer['sessionURL'] ?? null, $base, true ), $settings['api_key'] ),
		'protocol'   => 'pcm',
	);
}

/**
 * Asks Synthflow for a session of WebSocket media. Except for the first request of an agent with `bind` this creates a
 * call, which is billed.
 *
 * @param array       $settings    See {@see resolve_settings()}.
 * @param array       $agent       One of {@see resolve_agents()}.
 * @param string|null $server_name The node that the visitor's socket is open to: the second request of connect-then-bind.
 * @param callable    $on_call     Told the id of a call as soon as Synthflow names it, also where nobody will get to it.
 * @return array What the widget gets.
 * @throws Refusal And nothing else.
 */
function fetch_media_session( $settings, $agent, $server_name, $on_call ) {
	$key  = $settings['api_key'];
	$base = $agent['api_base_url'];
	$wire = array(
		'protocol' => 'media',
		'codec'    => $agent['codec'],
		'framing'  => $agent['framing'],
	);
	// Only this machine's upstream may keep the socket to itself: tests and the simulator.
	$is_own = is_loopback( (string) wp_parse_url( $base, PHP_URL_HOST ) );
	if ( $agent['bind'] && null === $server_name ) {
		$answer = ask_synthflow(
			$key,
			array(
				'url'         => $base . CALLS_PATH . '/base-url',
				'is_optional' => true,
			)
		);
		$url    = usable( socket_url( $answer['wsMediaBaseUrl'] ?? null, $base, $is_own ), $key );
		return array( 'sessionURL' => $url ) + $wire + array( 'bind' => true );
	}

	$call_id = null;
	$tell    = function ( $answer ) use ( $key, $on_call, &$call_id ) {
		$found = matching( CALL_ID_PATTERN, $answer['callId'] ?? null );
		if ( null !== $found && ! holds_key( $found, $key ) ) {
			$call_id = $found;
			$on_call( $found );
		}
	};

	// The call may exist even where the visitor leaves, and only the answer says which one it is.
	ignore_user_abort( true );
	$answer = ask_synthflow(
		$key,
		array(
			'url'         => $base . CALLS_PATH,
			'body'        => $agent['call_fields'] + ( null === $server_name ? array() : array( 'wsMediaServerName' => $server_name ) ),
			'is_optional' => true,
			'on_failure'  => $tell,
		)
	);
	$tell( $answer );
	$named = null === $call_id ? array() : array( 'callId' => $call_id );
	if ( $agent['bind'] ) {
		return array( 'sid' => usable( matching( SID_PATTERN, $answer['sid'] ?? null ), $key ) ) + $named;
	}
	return array( 'sessionURL' => usable( socket_url( $answer['wsMediaUrl'] ?? null, $base, $is_own ), $key ) ) + $wire + $named;
}

/**
 * A websocket URL of Synthflow's answer, if the widget may open it: a secure one at Synthflow or at our own upstream, in
 * the clear too where that is this machine. Null otherwise.
 *
 * @param mixed  $text     What the answer says.
 * @param string $upstream Base URL of who gave it.
 * @param bool   $is_own   Whether the upstream's own host will do.
 */
function socket_url( $text, $upstream, $is_own ) {
	// Told apart by characters, not by a parser: what a browser makes of this must be beyond doubt.
	if ( ! is_string( $text ) || ! preg_match( '~^(wss?)://(([a-z\d.-]+|\[[\da-f:]+\])(?::\d{1,5})?)(?:[/?][\w.\~:/?@!$&\'()*+,;=%|\[\]-]*)?$~D', $text, $parts ) ) {
		return null;
	}
	list( , $scheme, $authority, $host ) = $parts;

	$is_own_host = $is_own && preg_replace( '~^https?://([^/]+).*$~s', '$1', $upstream ) === $authority;
	if ( 'wss' !== $scheme && ! ( $is_own_host && is_loopback( $host ) ) ) {
		return null;
	}
	return $is_own_host || preg_match( '/^(?:.+\.)?synthflow\.ai$/D', $host ) ? $text : null;
}

/**
 * The text, where it is one and matches; else null.
 *
 * @param string $pattern A regular expression.
 * @param mixed  $value   Anything.
 */
function matching( $pattern, $value ) {
	return is_string( $value ) && preg_match( $pattern, $value ) ? $value : null;
}

/**
 * Whether a text says the key, as it is or encoded.
 *
 * @param string $text A text.
 * @param string $key  The key.
 */
function holds_key( $text, $key ) {
	return false !== strpos( $text, $key ) || false !== strpos( rawurldecode( $text ), $key );
}

/**
 * The text, where the widget may have it.
 *
 * @param string|null $text A text.
 * @param string      $key  The key.
 * @throws Refusal Where there is none, or it says the key.
 */
function usable( $text, $key ) {
	if ( null === $text || holds_key( $text, $key ) ) {
		throw new Refusal( 'upstream-error', 'Synthflow answered without a usable session.' );
	}
	return $text;
}
