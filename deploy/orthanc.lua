-- Send a study on to the node once nothing more has come for StableAge seconds. When results of the
-- node come back the study is sent again: the node knows its images and its own results, and
-- measures nothing twice.
function OnStableStudy(studyId, tags, metadata)
  RestApiPost("/modalities/node/store", '{"Resources": ["' .. studyId .. '"], "Synchronous": false}')
end
