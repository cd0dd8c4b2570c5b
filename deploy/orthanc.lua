-- Send each CT instance on to the node as it comes. Results of the node are no CT images of a
-- scanner and are not sent back to it.
function OnStoredInstance(instanceId, tags, metadata, origin)
  if tags["Modality"] == "CT" and origin["RemoteAet"] ~= "CALCIMETRY" then
    SendToModality(instanceId, "node")
  end
end
