namespace DurableSessions.Testing;

/// <summary>
/// Where Azurite 3.37.0 and the Azure Blob service answer the same request differently. A simulation answers as Azurite does,
/// unless it is set to take the service's side of some of them. The conformance suite holds Azurite's side to Azurite; the
/// service's side is from its documentation (learn.microsoft.com/rest/api/storageservices), named at each.
/// </summary>
public enum ServiceDifference
{
    /// <summary>
    /// A range that starts at the end of a blob. Azurite: 206 with no bytes; where the blob is empty, only for a range without
    /// an end, or of one byte. Service: 416 <c>InvalidRange</c> (Get Blob).
    /// </summary>
    RangeAtEnd,

    /// <summary>
    /// An append position on a seal. Azurite: ignored. Service: 412 <c>AppendPositionConditionNotMet</c> where it is not the
    /// blob's length (Append Blob Seal).
    /// </summary>
    SealAtPosition,

    /// <summary>A seal. Azurite: the blob gets a new ETag and time, also when it is sealed already. Service: neither changes (Append Blob Seal).</summary>
    SealChangesETag,

    /// <summary>A seal in a container that does not exist. Azurite: 404 <c>BlobNotFound</c>. Service: 404 <c>ContainerNotFound</c> (Blob service error codes).</summary>
    SealWithoutContainer,

    /// <summary>
    /// A name that has staged blocks alone. Azurite: it exists for a deletion (202), for a seal (409 <c>InvalidBlobType</c>) and for a
    /// creation with <c>If-None-Match: *</c> (409 <c>BlobAlreadyExists</c>). Service: there is no blob until its blocks are
    /// committed (Put Block).
    /// </summary>
    StagedBlocksAreBlob,

    /// <summary>
    /// Staged blocks when their blob is put whole or deleted. Azurite: they stay and can be committed. Service: they are discarded
    /// (Put Block).
    /// </summary>
    StagedBlocksOutliveBlob,

    /// <summary>
    /// <c>If-None-Match: *</c> on a write that is no creation, where the blob exists. Azurite: ignored. Service: 412
    /// <c>ConditionNotMet</c> (Specifying conditional headers for Blob service operations).
    /// </summary>
    WriteIfNoneMatchAny,
}
