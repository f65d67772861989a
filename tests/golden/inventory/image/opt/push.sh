#!/bin/sh
# called by push.service
curl -T "/srv/$1" "ftp://$PEER/up/"
curl -o /tmp/list https://203.0.113.30/list
