with records as (
    {{ counting_records('openai', 'usage_other') }}
),

-- A call of a tool or a session is made inside a model request, which usage_completions counts already.
final as (
    select
        -- ids
        _account as account,
        _day as day,
        _generation as generation,
        _record as record,
        group_by,
        modality,
        {{ openai_dimension('project_id', '(none)') }} as project,
        model,
        user_id,
        api_key_id,
        api_source,

        -- counts
        case
            when modality in ('embeddings', 'moderations', 'images', 'audio_speeches', 'audio_transcriptions') then num_model_requests
        end as requests,
        input_tokens,
        coalesce(images, characters, seconds, usage_bytes, num_sessions, num_requests) as quantity,
        case
            when images is not null then 'images'
            when characters is not null then 'characters'
            when seconds is not null then 'seconds'
            when usage_bytes is not null then 'bytes'
            when num_sessions is not null then 'sessions'
            when num_requests is not null then 'calls'
        end as quantity_unit
    from records
)

select * from final
