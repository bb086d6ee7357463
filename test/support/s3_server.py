"""moto's S3 server (https://docs.getmoto.org), a real HTTP server with multipart uploads and conditional writes, kept in memory.

`python s3_server.py POLICY` makes a bucket and a user who may do what the policy allows: four requests, after which INITIAL_NO_AUTH_ACTION_COUNT=4
in its environment has it check each one's signature and rights. It prints its address and the user's key as JSON, each request on stderr, and ends with its standard input.
"""

import json
import sys

import boto3
from moto.server import ThreadedMotoServer

BUCKET = 'flywheel-test'


def main(policy: str) -> None:
    server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f'http://{host}:{port}'
    reach = {
        'endpoint_url': url,
        'region_name': 'us-east-1',
        'aws_access_key_id': 'nobody',
        'aws_secret_access_key': 'nobody',
    }
    boto3.client('s3', **reach).create_bucket(Bucket=BUCKET)
    iam = boto3.client('iam', **reach)
    iam.create_user(UserName='worker')
    iam.put_user_policy(UserName='worker', PolicyName='artifacts', PolicyDocument=policy)
    key = iam.create_access_key(UserName='worker')['AccessKey']
    print(json.dumps({'url': url, 'keyId': key['AccessKeyId'], 'secret': key['SecretAccessKey']}), flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == '__main__':
    main(sys.argv[1])
