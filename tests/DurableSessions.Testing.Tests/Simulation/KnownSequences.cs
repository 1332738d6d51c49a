namespace DurableSessions.Testing.Tests.Simulation;

/// <summary>
/// Sequences that the product depends on or that say where a difference ends, and one for each <see cref="ServiceDifference"/>.
/// </summary>
internal static class KnownSequences
{
    /// <summary>What must be answered to the last step of each: the beginning of it.</summary>
    public static IReadOnlyDictionary<string, (string Last, Step[] Steps)> All { get; } = new Dictionary<string, (string, Step[])>
    {
        ["a name is created once"] = ("409 BlobAlreadyExists", [
            new(StepKind.Put) { NoneMatch = Tag.Any, Metadata = 2 },
            new(StepKind.Get),
            new(StepKind.Put) { NoneMatch = Tag.Any, Size = 5 },
        ]),
        ["a swap with an old ETag fails"] = ("412 ConditionNotMet", [
            new(StepKind.Put),
            new(StepKind.Put) { Match = Tag.Newest, Size = 4 },
            new(StepKind.Properties),
            new(StepKind.Put) { Match = Tag.Oldest },
        ]),
        ["a late append finds the seal, wherever it thinks that the end is"] = ("409 BlobIsSealed", [
            new(StepKind.CreateAppendBlob) { NoneMatch = Tag.Any },
            new(StepKind.Append) { Place = Place.End },
            new(StepKind.Append) { Place = Place.Start },
            new(StepKind.Append) { Place = Place.End },
            new(StepKind.Seal),
            new(StepKind.Seal),
            new(StepKind.Get) { Place = Place.BeforeEnd, Size = 100 },
            new(StepKind.Append) { Place = Place.End },
            new(StepKind.Append) { Place = Place.Start },
        ]),
        ["an append to a blob that is gone"] = ("404 BlobNotFound", [
            new(StepKind.CreateAppendBlob),
            new(StepKind.Append) { Place = Place.End },
            new(StepKind.Delete) { Match = Tag.Newest },
            new(StepKind.Append) { Place = Place.End },
        ]),
        ["an append to a blob that was created again"] = ("412 ConditionNotMet", [
            new(StepKind.CreateAppendBlob) { NoneMatch = Tag.Any },
            new(StepKind.Append) { Match = Tag.Newest, Place = Place.Start },
            new(StepKind.Delete),
            new(StepKind.CreateAppendBlob) { NoneMatch = Tag.Any },
            new(StepKind.Append) { Match = Tag.Oldest, Place = Place.Start },
        ]),
        ["a range behind the end"] = ("416 InvalidRange", [
            new(StepKind.CreateAppendBlob),
            new(StepKind.Get) { Place = Place.Start, Size = 10 },
            new(StepKind.Append),
            new(StepKind.Get) { Place = Place.BehindEnd },
        ]),
        ["blocks can be read when they are committed"] = ("200 abcbcdcde", [
            new(StepKind.Stage),
            new(StepKind.Stage) { Block = 1 },
            new(StepKind.Get),
            new(StepKind.Commit) { Block = 2, NoneMatch = Tag.Any },
            new(StepKind.Stage) { Block = 2 },
            new(StepKind.Commit) { Block = 2, NoneMatch = Tag.Any, Metadata = 1 },
            new(StepKind.Get),
        ]),
        ["committed blocks are staged no more"] = ("400 InvalidBlockList", [
            new(StepKind.Stage),
            new(StepKind.Commit),
            new(StepKind.Put),
            new(StepKind.Commit),
        ]),
        ["pages follow each other"] = ("200 a 3 Block application/json", [
            new(StepKind.Put) { Metadata = 1 },
            new(StepKind.Put, 1) { Metadata = 2 },
            new(StepKind.CreateAppendBlob, 2),
            new(StepKind.Append, 2),
            new(StepKind.Seal, 2),
            new(StepKind.List) { Size = 0, Metadata = 1 },
            new(StepKind.List) { Size = 1, Metadata = 1 },
            new(StepKind.List) { Size = 2, Prefix = "b/" },
            new(StepKind.List) { Size = 2, Metadata = 1 },
        ]),
        ["a deletion of what must not exist"] = ("202 ", [
            new(StepKind.Put),
            new(StepKind.Delete) { NoneMatch = Tag.Any },
        ]),
        ["staged blocks alone can be deleted"] = ("404 BlobNotFound", [
            new(StepKind.Stage),
            new(StepKind.Delete),
            new(StepKind.Delete),
        ]),
        ["what has not changed is not read again"] = ("304 ", [
            new(StepKind.Put),
            new(StepKind.Get) { NoneMatch = Tag.Foreign },
            new(StepKind.Get) { NoneMatch = Tag.Newest },
        ]),
        ["new metadata of a container replace all of it, and its blobs stay"] = ("200 abc", [
            new(StepKind.CreateContainer) { Container = 1, Metadata = 1 },
            new(StepKind.Put) { Container = 1 },
            new(StepKind.SetContainerMetadata) { Container = 1, Metadata = 2 },
            new(StepKind.ContainerProperties) { Container = 1 },
            new(StepKind.SetContainerMetadata) { Container = 1 },
            new(StepKind.ContainerProperties) { Container = 1 },
            new(StepKind.Get) { Container = 1 },
        ]),
        ["metadata of a container that is gone"] = ("404 ContainerNotFound", [
            new(StepKind.SetContainerMetadata) { Container = 1, Metadata = 1 },
        ]),
        ["a container that is gone"] = ("404 ContainerNotFound", [
            new(StepKind.CreateContainer),
            new(StepKind.CreateContainer) { Container = 1, Metadata = 1 },
            new(StepKind.ContainerProperties) { Container = 1 },
            new(StepKind.Put) { Container = 1 },
            new(StepKind.DeleteContainer) { Container = 1 },
            new(StepKind.DeleteContainer) { Container = 1 },
            new(StepKind.Get) { Container = 1 },
        ]),
    };

    /// <summary>What Azurite answers to the last step, what the service answers, and the steps.</summary>
    public static (string Azurite, string Service, Step[] Steps) Of(ServiceDifference difference) => difference switch
    {
        ServiceDifference.DeletedContainerFreesName => ("201 ", "409 ContainerBeingDeleted", [
            new(StepKind.CreateContainer) { Container = 1 },
            new(StepKind.DeleteContainer) { Container = 1 },
            new(StepKind.ContainerProperties) { Container = 1 },
            new(StepKind.CreateContainer) { Container = 1 },
        ]),
        ServiceDifference.PagesAreFull => (
            "200 a 3 Block application/octet-stream 0  True ; b/", "200 a 3 Block application/octet-stream 0  True ; and more: b/", [
            new(StepKind.Put, 1),
            new(StepKind.Put),
            new(StepKind.List) { Size = 2 },
        ]),
        ServiceDifference.PutChangesType => ("201 ", "409 InvalidBlobType", [
            new(StepKind.Put),
            new(StepKind.CreateAppendBlob),
        ]),
        ServiceDifference.RangeAtEnd => ("206 ", "416 InvalidRange", [
            new(StepKind.Put),
            new(StepKind.Get) { Place = Place.End, Size = 10 },
        ]),
        ServiceDifference.SealAtPosition => ("200 ", "412 AppendPositionConditionNotMet", [
            new(StepKind.CreateAppendBlob),
            new(StepKind.Append),
            new(StepKind.Seal) { Place = Place.Start },
        ]),
        ServiceDifference.SealChangesETag => ("200  etag:1", "200  etag:0", [
            new(StepKind.CreateAppendBlob),
            new(StepKind.Seal),
        ]),
        ServiceDifference.SealWithoutContainer => ("404 BlobNotFound", "404 ContainerNotFound", [
            new(StepKind.Seal) { Container = 1 },
        ]),
        ServiceDifference.StagedBlocksAreBlob => ("409 BlobAlreadyExists", "201 ", [
            new(StepKind.Stage),
            new(StepKind.Put) { NoneMatch = Tag.Any },
        ]),
        ServiceDifference.StagedBlocksOutliveBlob => ("201 ", "400 InvalidBlockList", [
            new(StepKind.Put),
            new(StepKind.Stage),
            new(StepKind.Delete),
            new(StepKind.Commit),
        ]),
        ServiceDifference.WriteIfNoneMatchAny => ("201 ", "412 ConditionNotMet", [
            new(StepKind.CreateAppendBlob),
            new(StepKind.Append) { NoneMatch = Tag.Any },
        ]),
        _ => throw new ArgumentOutOfRangeException(nameof(difference), difference, "A difference has a sequence here."),
    };
}
