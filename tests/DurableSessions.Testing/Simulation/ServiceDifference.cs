namespace DurableSessions.Testing;

/// <summary>
/// Where Azurite 3.37.0 and the Azure Blob service answer the same request differently. A simulation answers as Azurite does,
/// unless it is set to take the service's side of some of them. The conformance suite holds Azurite's side to Azurite. The
/// remarks say where the service's side is from: its documentation, what it was seen to answer, or what it is assumed from.
/// </summary>
public enum ServiceDifference
{
    /// <summary>
    /// The name of a container that was deleted. Azurite: it can be created at once. Service: 409 <c>ContainerBeingDeleted</c> for 30
    /// seconds at least.
    /// </summary>
    /// <remarks>
    /// Documented: https://learn.microsoft.com/rest/api/storageservices/delete-container and
    /// https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes.
    /// </remarks>
    DeletedContainerFreesName,

    /// <summary>
    /// A page of a listing when there are more blobs. Azurite: has as many as were asked for. Service: may have fewer, and a marker.
    /// </summary>
    /// <remarks>
    /// Documented: https://learn.microsoft.com/rest/api/storageservices/list-blobs (<c>maxresults</c>) and
    /// https://learn.microsoft.com/rest/api/storageservices/enumerating-blob-resources. How many fewer is not; a simulation gives half
    /// of them.
    /// </remarks>
    PagesAreFull,

    /// <summary>
    /// A blob that is put whole over one of the other type. Azurite: replaces it. Service: 409 <c>InvalidBlobType</c>.
    /// </summary>
    /// <remarks>
    /// Documented without the code: https://learn.microsoft.com/rest/api/storageservices/put-blob. Seen:
    /// https://github.com/manaflow-ai/subrouter/pull/223 and https://github.com/microsoft/vscode-azurestorage/issues/865. That
    /// conditions count before the type is assumed, from other writes.
    /// </remarks>
    PutChangesType,

    /// <summary>
    /// A range that starts at the end of a blob. Azurite: 206 with no bytes; where the blob is empty, only for a range without an end,
    /// or of one byte. Service: 416 <c>InvalidRange</c>.
    /// </summary>
    /// <remarks>
    /// Not documented: https://learn.microsoft.com/rest/api/storageservices/specifying-the-range-header-for-blob-service-operations has
    /// 416 for an offset that exceeds the length. Seen: https://github.com/Azure/Azurite/issues/318, and for an empty blob
    /// https://github.com/Azure/Azurite/issues/2410 and https://github.com/Azure/azure-sdk-for-net/issues/10827.
    /// </remarks>
    RangeAtEnd,

    /// <summary>
    /// An append position on a seal. Azurite: ignored. Service: 412 <c>AppendPositionConditionNotMet</c> where it is not the blob's
    /// length.
    /// </summary>
    /// <remarks>
    /// Not documented: https://learn.microsoft.com/rest/api/storageservices/append-blob-seal does not name the header,
    /// https://learn.microsoft.com/rest/api/storageservices/append-block has it for appends only. Recorded by the SDK's tests:
    /// https://github.com/Azure/azure-sdk-for-net,
    /// sdk/storage/Azure.Storage.Blobs/tests/SessionRecords/AppendBlobClientTests/SealAsync_AccessConditionsFailed.json at 05a9ab17.
    /// That the position of a sealed blob is checked too is assumed.
    /// </remarks>
    SealAtPosition,

    /// <summary>
    /// A seal. Azurite: the blob gets a new ETag and time, also when it is sealed already. Service: neither changes.
    /// </summary>
    /// <remarks>
    /// Documented: https://learn.microsoft.com/rest/api/storageservices/append-blob-seal. Recorded otherwise by the SDK's tests, in
    /// 2021: https://github.com/Azure/azure-sdk-for-net,
    /// sdk/storage/Azure.Storage.Blobs/tests/SessionRecords/AppendBlobClientTests/SealAsync.json at 0936c596, where the first seal of a
    /// blob changes both, as on Azurite. So either side must be borne.
    /// </remarks>
    SealChangesETag,

    /// <summary>
    /// A seal in a container that does not exist. Azurite: 404 <c>BlobNotFound</c>. Service: 404 <c>ContainerNotFound</c>.
    /// </summary>
    /// <remarks>
    /// Not documented for a seal; assumed, from what the code means in
    /// https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes and from other requests.
    /// </remarks>
    SealWithoutContainer,

    /// <summary>
    /// A name that has staged blocks alone. Azurite: it exists for a seal (409 <c>InvalidBlobType</c>) and for a blob that is put whole
    /// with <c>If-None-Match: *</c> (409 <c>BlobAlreadyExists</c>). Service: there is no blob. A deletion finds it on both sides.
    /// </summary>
    /// <remarks>
    /// Documented for the deletion: https://learn.microsoft.com/rest/api/storageservices/delete-blob. Not for the other two; assumed,
    /// from reads and listings, which find none: https://learn.microsoft.com/rest/api/storageservices/put-block,
    /// https://learn.microsoft.com/rest/api/storageservices/list-blobs and https://github.com/Azure/Azurite/issues/400.
    /// </remarks>
    StagedBlocksAreBlob,

    /// <summary>
    /// Staged blocks when their blob is put whole or deleted. Azurite: they stay and can be committed. Service: they are discarded.
    /// </summary>
    /// <remarks>
    /// Documented for Put Blob: https://learn.microsoft.com/rest/api/storageservices/put-block-list ("garbage collected"; that they are
    /// gone at once is assumed). Seen for a deletion: https://github.com/Azure/azure-storage-node/issues/350 and
    /// https://github.com/Azure/azure-sdk-for-cpp/issues/3911.
    /// </remarks>
    StagedBlocksOutliveBlob,

    /// <summary>
    /// <c>If-None-Match: *</c> on an append, a seal or new metadata, where the blob exists. Azurite: ignored. Service: 412
    /// <c>ConditionNotMet</c>. A deletion ignores it on both sides.
    /// </summary>
    /// <remarks>
    /// Documented: https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations. The
    /// page says it of a deletion too, but the service was seen to delete: https://github.com/apache/opendal/issues/8176. By a comment
    /// in Azurite's WriteConditionalHeadersValidator.ts it ignores it for Set Blob Properties as well. So either side must be borne.
    /// </remarks>
    WriteIfNoneMatchAny,
}
