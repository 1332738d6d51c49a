namespace DurableSessions.Testing.Tests.Simulation;

internal enum StepKind
{
    CreateContainer,
    DeleteContainer,
    ContainerProperties,
    SetContainerMetadata,
    List,
    Put,
    Get,
    Properties,
    Delete,
    SetMetadata,
    Stage,
    Commit,
    CreateAppendBlob,
    Append,
    Seal,
}

/// <summary>An ETag, by what the client has seen of the blob.</summary>
internal enum Tag
{
    None,
    Any,
    Newest,
    Oldest,
    Foreign,
}

/// <summary>A place in a blob, by the length that the client knows.</summary>
internal enum Place
{
    None,
    Start,
    BeforeEnd,
    End,
    BehindEnd,
}

/// <summary>One request of a sequence. A kind of request uses what it needs of the rest.</summary>
/// <param name="Kind">What is sent.</param>
/// <param name="Blob">Of a few names.</param>
internal sealed record Step(StepKind Kind, int Blob = 0)
{
    /// <summary>Of two; the first is there at the beginning.</summary>
    public int Container { get; init; }

    public Tag Match { get; init; }

    public Tag NoneMatch { get; init; }

    /// <summary>Where an append or seal expects the end, and a read starts.</summary>
    public Place Place { get; init; }

    /// <summary>
    /// Of what is written, and of the range that is read (0: to the end), in bytes; of a page, in blobs (0: as many as there are).
    /// </summary>
    public int Size { get; init; } = 3;

    /// <summary>How many names of metadata are set, and whether a listing asks for them.</summary>
    public int Metadata { get; init; }

    /// <summary>Of a block, from 0; a commit takes those up to it.</summary>
    public int Block { get; init; }

    /// <summary>What a listing asks for.</summary>
    public string Prefix { get; init; } = "";

    public override string ToString() =>
        $"{Kind} {Container}/{Blob} match:{Match} noneMatch:{NoneMatch} place:{Place} size:{Size} "
        + $"metadata:{Metadata} block:{Block} prefix:'{Prefix}'";
}
