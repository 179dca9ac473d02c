package gcp

// Tokens of the resource types.
const (
	tokenService              = "gcp:projects/service:Service"
	tokenNetwork              = "gcp:compute/network:Network"
	tokenSubnetwork           = "gcp:compute/subnetwork:Subnetwork"
	tokenRouter               = "gcp:compute/router:Router"
	tokenRouterNAT            = "gcp:compute/routerNat:RouterNat"
	tokenFirewall             = "gcp:compute/firewall:Firewall"
	tokenKeyRing              = "gcp:kms/keyRing:KeyRing"
	tokenCryptoKey            = "gcp:kms/cryptoKey:CryptoKey"
	tokenCryptoKeyMember      = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
	tokenServiceAccount       = "gcp:serviceaccount/account:Account"
	tokenServiceAccountMember = "gcp:serviceaccount/iAMMember:IAMMember"
	tokenProjectMember        = "gcp:projects/iAMMember:IAMMember"
	tokenBucketMember         = "gcp:storage/bucketIAMMember:BucketIAMMember"
	tokenCluster              = "gcp:container/cluster:Cluster"
	tokenNodePool             = "gcp:container/nodePool:NodePool"
	tokenServiceIdentity      = "gcp:projects/serviceIdentity:ServiceIdentity"
	tokenRepository           = "gcp:artifactregistry/repository:Repository"
	tokenRepositoryMember     = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"
	tokenBucket               = "gcp:storage/bucket:Bucket"
	tokenZoneMember           = "gcp:dns/dnsManagedZoneIamMember:DnsManagedZoneIamMember"
)

// inProject are the types whose project is the provider's when the program
// names none.
var inProject = map[string]bool{
	tokenService: true, tokenNetwork: true, tokenSubnetwork: true, tokenRouter: true, tokenRouterNAT: true,
	tokenFirewall: true, tokenKeyRing: true, tokenServiceAccount: true, tokenCluster: true, tokenNodePool: true,
	tokenServiceIdentity: true, tokenRepository: true, tokenRepositoryMember: true, tokenBucket: true, tokenZoneMember: true,
}

// labelled are the types that take the provider's default labels.
var labelled = map[string]bool{tokenCryptoKey: true, tokenRepository: true, tokenBucket: true}
