<?php
/**
 * How many sessions may be started, counted in a table of our own.
 *
 * Not in transients: those are read and then written, so of requests at the same moment too many would pass, and an
 * object cache may forget them.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

/**
 * By name in the settings. The narrowest come first: whoever exceeds his own uses up nothing of everybody's.
 * A window begins with its first session.
 */
const LIMIT_WINDOWS = array(
	'address_per_minute' => array( 'name' => 'address-minute', 'window_s' => 60, 'is_per_address' => true ),
	'address_per_hour'   => array( 'name' => 'address-hour', 'window_s' => 3600, 'is_per_address' => true ),
	'per_minute'         => array( 'name' => 'minute', 'window_s' => 60, 'is_per_address' => false ),
	'per_day'            => array( 'name' => 'day', 'window_s' => 86400, 'is_per_address' => false ),
);

/** First requests of connect-then-bind for one that its second requests allow: some calls are given up in between. */
const CONNECTIONS_PER_CALL = 2;

/**
 * Checks the limits.
 *
 * @param string[] $given By name in the settings; '' sets none.
 * @return array[] `name`, `max`, `window_s`, `is_per_address`.
 * @throws Misconfigured One sentence on what to change.
 */
function resolve_limits( $given ) {
	$limits = array();
	foreach ( LIMIT_WINDOWS as $key => $window ) {
		$max = $given[ $key ] ?? DEFAULT_SETTINGS['limits'][ $key ];
		if ( '' === $max ) {
			continue;
		}
		if ( ! preg_match( '/^[1-9]\d{0,8}$/D', $max ) ) {
			throw new Misconfigured( __( 'Each limit must be a whole number from 1, or empty for none.', 'synthflow-call' ) );
		}
		$limits[] = $window + array( 'max' => (int) $max );
	}
	return $limits;
}

/**
 * Lets a request start a session that the limits allow, and counts it.
 *
 * @param array[] $limits  See {@see resolve_limits()}.
 * @param string  $address As limits count it.
 * @throws Refusal For a limit that is reached; and where nothing can be counted, as nothing is allowed then.
 */
function admit_session( $limits, $address ) {
	foreach ( $limits as $limit ) {
		take_use( $limit, $limit['is_per_address'] ? $address : '' );
	}
}

/**
 * Lets a first request of connect-then-bind ask Synthflow where to connect, and counts it. It creates nothing, so only a
 * flood is held off.
 *
 * @param array[] $limits  See {@see resolve_limits()}.
 * @param string  $address As limits count it.
 * @throws Refusal As {@see admit_session()}.
 */
function admit_connection( $limits, $address ) {
	foreach ( $limits as $limit ) {
		if ( 'address-minute' === $limit['name'] ) {
			$more = array(
				'name' => 'address-connect',
				'max'  => CONNECTIONS_PER_CALL * $limit['max'],
			);
			take_use( $more + $limit, $address );
		}
	}
}

/**
 * Counts one more use: of uses at the same moment exactly as many pass as the limit has left.
 *
 * @param array  $limit   One of {@see resolve_limits()}.
 * @param string $subject Whose uses: an address, or '' for everybody's.
 * @throws Refusal See {@see admit_session()}.
 */
function take_use( $limit, $subject ) {
	global $wpdb;
	$table = uses_table();
	// Nobody's address is kept: this tells two apart, and no more.
	$subject = '' === $subject ? '' : hash_hmac( 'sha256', $subject, wp_salt( 'nonce' ) );

	$silent = $wpdb->suppress_errors();
	// One statement, so that the database itself decides who was first. LAST_INSERT_ID( n ) hands n to this connection and
	// no other. `uses` stands before `ends_at`, which it looks at: assignments go from left to right.
	// phpcs:disable WordPress.DB.PreparedSQL.InterpolatedNotPrepared
	$is_counted = $wpdb->query(
		$wpdb->prepare(
			"INSERT INTO $table (limit_name, subject, uses, ends_at)
			VALUES (%s, %s, LAST_INSERT_ID(1), UNIX_TIMESTAMP() + %d)
			ON DUPLICATE KEY UPDATE
				uses = LAST_INSERT_ID(IF(ends_at <= UNIX_TIMESTAMP(), 1, LEAST(uses, %d) + 1)),
				ends_at = IF(ends_at <= UNIX_TIMESTAMP(), VALUES(ends_at), ends_at)",
			$limit['name'],
			$subject,
			$limit['window_s'],
			$limit['max']
		)
	);

	$uses   = false === $is_counted ? 0 : (int) $wpdb->insert_id;
	$wait_s = $uses > $limit['max']
		? $wpdb->get_var( $wpdb->prepare( "SELECT ends_at - UNIX_TIMESTAMP() FROM $table WHERE limit_name = %s AND subject = %s", $limit['name'], $subject ) )
		: null;
	// phpcs:enable
	$wpdb->suppress_errors( $silent );

	if ( $uses < 1 ) {
		throw new Refusal( 'busy', 'Calls cannot be counted now.', array( 'retry_after' => 5 ) );
	}
	if ( $uses > $limit['max'] ) {
		$message = $limit['is_per_address'] ? 'Too many calls from this address for now.' : 'No more calls are taken here for now.';
		throw new Refusal(
			'rate-limited',
			$message,
			array(
				'retry_after' => max( 1, (int) $wait_s ),
				'limit'       => $limit['name'],
			)
		);
	}
}

/** Name of the table. */
function uses_table() {
	global $wpdb;
	return $wpdb->prefix . 'synthflow_call_uses';
}

/** Makes the table, where it is not there. */
function create_uses_table() {
	global $wpdb;
	$table   = uses_table();
	$charset = $wpdb->get_charset_collate();
	// phpcs:ignore WordPress.DB
	$wpdb->query(
		"CREATE TABLE IF NOT EXISTS $table (
			limit_name varchar(32) NOT NULL,
			subject varchar(64) NOT NULL,
			uses int unsigned NOT NULL,
			ends_at int unsigned NOT NULL,
			PRIMARY KEY (limit_name, subject),
			KEY ends_at (ends_at)
		) $charset"
	);
}

/** Forgets whose window is over. Run every hour. */
function forget_uses() {
	global $wpdb;
	$table = uses_table();
	$wpdb->query( "DELETE FROM $table WHERE ends_at <= UNIX_TIMESTAMP()" ); // phpcs:ignore WordPress.DB
}
