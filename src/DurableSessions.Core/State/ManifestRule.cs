namespace DurableSessions.Core.State;

/// <summary>What holds in every manifest.</summary>
internal enum ManifestRule
{
    /// <summary>It is that of the session at whose name it lies.</summary>
    Key,

    /// <summary>It names a live segment.</summary>
    Live,

    /// <summary>Live segments are the session's own.</summary>
    Names,

    /// <summary>A live segment is named once.</summary>
    Twice,

    /// <summary>The last live segment takes appends.</summary>
    Last,

    /// <summary>The numbers of live segments ascend, and were given out.</summary>
    Numbered,

    /// <summary>The commit that cuts is not pending.</summary>
    CutPending,

    /// <summary>A closed attempt neither cuts nor is pending.</summary>
    Closed,

    /// <summary>A cut leaves a segment behind it.</summary>
    Cut,

    /// <summary>Pending archives are in order, and different.</summary>
    Pending,

    /// <summary>Uncovered archives are in order, and not pending.</summary>
    Uncovered,

    /// <summary>The overview is of an archive that there is.</summary>
    Overview,

    /// <summary>The oldest archive to be digested again is one that the overview reaches.</summary>
    Degraded,

    /// <summary>No archive before the overview is pending.</summary>
    Order,

    /// <summary>Each archive is covered, uncovered or pending.</summary>
    Gap,

    /// <summary>No archive has expired that the overview, or a digest that is to be made again, builds on.</summary>
    Expired,
}
