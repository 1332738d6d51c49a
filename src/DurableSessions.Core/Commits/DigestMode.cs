namespace DurableSessions.Core.Commits;

/// <summary>What is to become of an archive's digest. The values stand in histories.</summary>
public enum DigestMode
{
    /// <summary>The archive is digested again, and the digest is kept beside the one in place.</summary>
    Preview = 0,

    /// <summary>The archive is digested again, and the digest is put in place; the one before is kept.</summary>
    Replace = 1,

    /// <summary>A digest that is kept is put in place: one that was before, or a preview's.</summary>
    Restore = 2,
}
