<?php
// Runs the PHP on stdin inside a WordPress: php run.php <folder> [--installing]. What the code returns is printed as JSON.
if ( isset( $argv[2] ) ) {
	define( 'WP_INSTALLING', true );
}
$_SERVER['HTTP_HOST'] = 'localhost';
require $argv[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
echo json_encode( eval( stream_get_contents( STDIN ) ) );
