-- GitHub lists 250 commits of a pull request at most; where fewer exist and not all are here, marks of agents may be missing.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_pull_requests'}}}) }}

select account, repository, pull_request_number, commits, commits_listed
from {{ ref('int_pull_requests') }}
where commits <= 250 and not commits_are_whole
