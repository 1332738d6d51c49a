namespace DurableSessions.Simulation.Tests.Programs;

/// <summary>What becomes of the request at which a host dies.</summary>
internal enum LastRequest
{
    /// <summary>It never arrives.</summary>
    NotSent,

    /// <summary>Storage has carried it out.</summary>
    CarriedOut,

    /// <summary>It lies on the way, and arrives with the late copies: what another host has done meanwhile must stand.</summary>
    ArrivesLate,
}
