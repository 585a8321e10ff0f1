-- A store of schema 0001 with one run, as SQLite dumps it. Stores of this schema exist: this file never changes.
PRAGMA application_id = 1128353107;
PRAGMA auto_vacuum = 2;
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE asset_keys (
	asset INTEGER NOT NULL, 
	mark TEXT NOT NULL, 
	first_seen BIGINT NOT NULL, 
	last_seen BIGINT NOT NULL, 
	CONSTRAINT pk_asset_keys PRIMARY KEY (asset, mark), 
	CONSTRAINT fk_asset_keys_asset FOREIGN KEY(asset) REFERENCES assets (number) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "asset_keys" VALUES(1,'key=mac:bc:ad:28:00:00:0b',1795284000000000,1795284000000000);
INSERT INTO "asset_keys" VALUES(2,'key=mac:bc:ad:28:00:00:0c',1795284000000000,1795284000000000);
INSERT INTO "asset_keys" VALUES(3,'key=mac:bc:ad:28:00:00:0d',1795284000000000,1795284000000000);
INSERT INTO "asset_keys" VALUES(4,'key=mac:bc:ad:28:00:00:0e',1795284000000000,1795284000000000);
INSERT INTO "asset_keys" VALUES(5,'key=mac:bc:ad:28:00:00:0f',1795284000000000,1795284000000000);
INSERT INTO "asset_keys" VALUES(6,'key=mac:bc:ad:28:00:00:10',1795284000000000,1795284000000000);
INSERT INTO "asset_keys" VALUES(7,'key=mac:bc:ad:28:00:00:11',1795284000000000,1795284000000000);
INSERT INTO "asset_keys" VALUES(8,'key=mac:bc:ad:28:00:00:12',1795284000000000,1795284000000000);
INSERT INTO "asset_keys" VALUES(9,'key=mac:bc:ad:28:00:00:13',1795284000000000,1795284000000000);
CREATE TABLE assets (
	number INTEGER NOT NULL, 
	site TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	first_seen BIGINT NOT NULL, 
	last_seen BIGINT NOT NULL, 
	absent_until BIGINT, 
	CONSTRAINT pk_assets PRIMARY KEY (number)
);
INSERT INTO "assets" VALUES(1,'Poznań','mac:bc:ad:28:00:00:0b','camera',1795284000000000,1795284270000000,NULL);
INSERT INTO "assets" VALUES(2,'Poznań','mac:bc:ad:28:00:00:0c','nvr',1795284000000000,1795284270000000,NULL);
INSERT INTO "assets" VALUES(3,'Poznań','mac:bc:ad:28:00:00:0d','camera',1795284000000000,1795284270000000,NULL);
INSERT INTO "assets" VALUES(4,'Poznań','mac:bc:ad:28:00:00:0e','camera',1795284000000000,1795284270000000,NULL);
INSERT INTO "assets" VALUES(5,'Poznań','mac:bc:ad:28:00:00:0f','camera',1795284000000000,1795284270000000,NULL);
INSERT INTO "assets" VALUES(6,'Poznań','mac:bc:ad:28:00:00:10','camera',1795284000000000,1795284270000000,NULL);
INSERT INTO "assets" VALUES(7,'Poznań','mac:bc:ad:28:00:00:11','unknown',1795284000000000,1795284270000000,NULL);
INSERT INTO "assets" VALUES(8,'Poznań','mac:bc:ad:28:00:00:12','camera',1795284000000000,1795284270000000,NULL);
INSERT INTO "assets" VALUES(9,'Poznań','mac:bc:ad:28:00:00:13','other',1795284000000000,1795284270000000,NULL);
CREATE TABLE coverage (
	run INTEGER NOT NULL, 
	place INTEGER NOT NULL, 
	range TEXT NOT NULL, 
	level TEXT NOT NULL, 
	complete BOOLEAN NOT NULL, 
	document TEXT NOT NULL, 
	CONSTRAINT pk_coverage PRIMARY KEY (run, place), 
	CONSTRAINT fk_coverage_run FOREIGN KEY(run) REFERENCES runs (number) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "coverage" VALUES(1,0,'10.20.0.0/24','link',1,'{"range":"10.20.0.0/24","level":"link","complete":true,"hosts_alive":12,"detail":"","site":null}');
CREATE TABLE heartbeats (
	number INTEGER NOT NULL, 
	site TEXT NOT NULL, 
	event TEXT NOT NULL, 
	head TEXT NOT NULL, 
	document TEXT NOT NULL, 
	CONSTRAINT pk_heartbeats PRIMARY KEY (number)
);
INSERT INTO "heartbeats" VALUES(1,'Poznań','ended','05b80e2e651eb89d60426202b4059b304f0bc7afee62ed75fd7e03c18ee3973c','{"as_of":"2026-11-21","at":"2026-11-21T18:04:30Z","command":"scan","complete":true,"coverage":[{"complete":true,"hosts_alive":12,"level":"link","range":"10.20.0.0/24"}],"data_version":"2026-11-21.0123456789","devices":9,"event":"ended","facts":"a089c75ff0c11dd69f59342104b9d48031a8d1275b47957c6ea05ffa96e0270c","number":1,"observations":9,"policies":["uk-department"],"previous":"0000000000000000000000000000000000000000000000000000000000000000","run":"20261121T180000Z-pozna\u0144","salt":"2796068342cd972707d5a66d4abd716c","schema":"camscan-heartbeat/1","site":"Pozna\u0144","started_at":"2026-11-21T18:00:00Z","verdicts":[{"devices":2,"verdict":"prohibited"},{"devices":1,"verdict":"restricted"},{"devices":2,"verdict":"review"},{"devices":1,"verdict":"unidentified"},{"devices":1,"verdict":"no_finding"},{"devices":1,"verdict":"not_applicable"},{"devices":1,"verdict":"not_assessed"}],"version":"0.0.0"}');
CREATE TABLE messages (
	number INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	pack INTEGER NOT NULL, 
	line INTEGER NOT NULL, 
	CONSTRAINT pk_messages PRIMARY KEY (number), 
	CONSTRAINT fk_messages_pack FOREIGN KEY(pack) REFERENCES packs (number) ON DELETE CASCADE, 
	CONSTRAINT uq_messages_digest UNIQUE (digest)
);
INSERT INTO "messages" VALUES(1,X'C1CC1426D43BC838ABE31FA824CB4A7DCE93B555',1,0);
INSERT INTO "messages" VALUES(2,X'EB70A06284F5325D56328D6BBB86442DF490A064',1,1);
INSERT INTO "messages" VALUES(3,X'56AA7749B3186E277EAD7E02DAAF1D4E51412D34',1,2);
INSERT INTO "messages" VALUES(4,X'876277225FB77CAA6D8A98FEE806395C12B6FB26',1,3);
INSERT INTO "messages" VALUES(5,X'1C8CB2DFCB128EDD0C22E5BE8DC77A664FE70945',1,4);
INSERT INTO "messages" VALUES(6,X'648275306EAB2E2A841C04CDAD7DE3EED54B86CA',1,5);
INSERT INTO "messages" VALUES(7,X'0EF2A7CB1DA75BE7D001115B7FD424542BED4D3A',1,6);
INSERT INTO "messages" VALUES(8,X'ECF6E09689707D8574F283BD90DF3F6C55E5A47F',1,7);
INSERT INTO "messages" VALUES(9,X'7203AA43138785B8F7D7AE5A3FC0DE16D0681106',1,8);
CREATE TABLE observed (
	run INTEGER NOT NULL, 
	place INTEGER NOT NULL, 
	message INTEGER NOT NULL, 
	sighting INTEGER, 
	after_start BIGINT NOT NULL, 
	lasted BIGINT NOT NULL, 
	count BIGINT NOT NULL, 
	CONSTRAINT pk_observed PRIMARY KEY (run, place), 
	CONSTRAINT fk_observed_run FOREIGN KEY(run) REFERENCES runs (number) ON DELETE CASCADE, 
	CONSTRAINT fk_observed_message FOREIGN KEY(message) REFERENCES messages (number)
)
 WITHOUT ROWID

;
INSERT INTO "observed" VALUES(1,0,1,0,0,270000000,1);
INSERT INTO "observed" VALUES(1,1,2,1,0,270000000,1);
INSERT INTO "observed" VALUES(1,2,3,2,0,270000000,1);
INSERT INTO "observed" VALUES(1,3,4,3,0,270000000,1);
INSERT INTO "observed" VALUES(1,4,5,4,0,270000000,1);
INSERT INTO "observed" VALUES(1,5,6,5,0,270000000,1);
INSERT INTO "observed" VALUES(1,6,7,6,0,270000000,1);
INSERT INTO "observed" VALUES(1,7,8,7,0,270000000,1);
INSERT INTO "observed" VALUES(1,8,9,8,0,270000000,1);
CREATE TABLE packs (
	number INTEGER NOT NULL, 
	content BLOB NOT NULL, 
	CONSTRAINT pk_packs PRIMARY KEY (number)
);
INSERT INTO "packs" VALUES(1,X'28B52FFD603109ED0800D610382600AD58078C6A11926DC02B514305BC1E2D908D0E2E0E906D3C09407CC0C6EBE1FEFFBFAB8A0929002C002F007F1ED7ACC8A32266C2F7DCB19E9D2FB1E1FBFEC50BECEFE96CC8524E78F6AABBF2BD9C70F6A4D53101CE35AD694ED3DCF7553CCB484EA1AC0A7C1765094EAD5911961D9B4924BEDEB0A77CA15C1BCCBE4E92E3E42C57C3724069581E10900302592860F8FE51707D52743D7A76A9B5859C9DDE42E97BF81E22072ACAB306ED9BCEEAEC018985033981E61493007EA6047400325C4D58239E626D6B9E71956FB29FB81FA42CDA676730280E84A930F05810180418A010B095944F79A43870834287313355AA5397EAD44BD429CB75EA529D7259A75CD6295F694F49144FC6DC437572D63FACC1A6AD6213D5BA5B');
CREATE TABLE run_statements (
	run INTEGER NOT NULL, 
	statement INTEGER NOT NULL, 
	CONSTRAINT pk_run_statements PRIMARY KEY (run, statement), 
	CONSTRAINT fk_run_statements_run FOREIGN KEY(run) REFERENCES runs (number) ON DELETE CASCADE, 
	CONSTRAINT fk_run_statements_statement FOREIGN KEY(statement) REFERENCES statements (number)
)
 WITHOUT ROWID

;
CREATE TABLE runs (
	number INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	site TEXT NOT NULL, 
	policies TEXT NOT NULL, 
	started_at BIGINT NOT NULL, 
	complete BOOLEAN NOT NULL, 
	devices INTEGER NOT NULL, 
	observations INTEGER NOT NULL, 
	origin TEXT NOT NULL, 
	thinned INTEGER NOT NULL, 
	summary TEXT NOT NULL, 
	content BLOB NOT NULL, 
	CONSTRAINT pk_runs PRIMARY KEY (number), 
	CONSTRAINT uq_runs_id UNIQUE (id), 
	CONSTRAINT uq_runs_digest UNIQUE (digest)
);
INSERT INTO "runs" VALUES(1,'20261121T180000Z-poznań',X'940969862F2B7BAF3F25DE527C05B88422FCB338','Poznań','uk-department',1795284000000000,1,9,9,'run',0,'{"run":{"id":"20261121T180000Z-pozna\u0144","command":"scan","started_at":"2026-11-21T18:00:00Z","ended_at":"2026-11-21T18:04:30Z","site":{"name":"Pozna\u0144","class":"other","zone":null,"purpose":null,"decision":null,"decision_on":null,"decision_reference":null,"equipment_owner":null,"controller":null,"ranges":[]},"policies":["uk-department"],"version":"0.0.0","data_version":"2026-11-21.0123456789","as_of":"2026-11-21","privileged":true,"interrupted":false,"require":[],"marking":"OFFICIAL-SENSITIVE","inputs":[],"sites":[],"attestations":null,"exceptions":null,"chain_head":"05b80e2e651eb89d60426202b4059b304f0bc7afee62ed75fd7e03c18ee3973c"},"incomplete_because":[],"verdicts":{"prohibited":2,"restricted":1,"review":2,"unidentified":1,"no_finding":1,"not_applicable":1,"not_assessed":1}}',X'28B52FFD60F4048D0E00465C5223108D5607A625AB6A3F97CCBEBED6966F065121925334ADF2F51BEB2B0144110000008047004B0043000EE439FDA07CCECE6D9FC84D1F3C3A3BBC6E5B1B5E741A77729ADB36933B3E95126B0D961496D2D11363B1ABB041F091E3CA0A488AA4484B91D417D82943E2CE4BD8F9918D5E12CC83847061AC75E8D113E9EC7456E92C9832B99B5568A804B5124A259695D6940D3F9896F1E84A492B516040107972C3F3E80CFB200F001408678F78308EE99BD2E9BA47871B9932324D3991CF0EDF36BB23086B648F922E4F17B99771DCD371337C22B2D5DEA647ECDD477FE6CA6E0CA16C97F413E1EE3D9A38166AB73A9BEE6CE263C85CC8146EC3DE1E7CD42793C940436061288B85265C674F6E8E1C25B51643B9231E478BC24EA37CDD3846D98ED48219DA3E4A4918E2181E3926CAC2741FCCD2E791D31D25271BBB588F966277ECF0B8351283BD03382070029163651E0B2AE674C6895993D8A63326664E629CB7D396ACA77C2EC0804509C0668487C58B85A64589CCC549144614037EC9CB2D20593CCE4A8D085B5E0F1B5983E2D9BE65C229A398CDD4168DB129FB956EAD2128BC3130A204851DA0BE1AEB200C13AF0799DD35DF36D8266E5933368D26DBBA89E9909F87630E562F40E7B01E');
CREATE TABLE sightings (
	run INTEGER NOT NULL, 
	place INTEGER NOT NULL, 
	asset INTEGER NOT NULL, 
	state INTEGER NOT NULL, 
	something_else BOOLEAN NOT NULL, 
	first_seen BIGINT NOT NULL, 
	last_seen BIGINT NOT NULL, 
	attached_to TEXT, 
	CONSTRAINT pk_sightings PRIMARY KEY (run, place), 
	CONSTRAINT fk_sightings_run FOREIGN KEY(run) REFERENCES runs (number) ON DELETE CASCADE, 
	CONSTRAINT fk_sightings_asset FOREIGN KEY(asset) REFERENCES assets (number) ON DELETE CASCADE, 
	CONSTRAINT fk_sightings_state FOREIGN KEY(state) REFERENCES states (number)
)
 WITHOUT ROWID

;
INSERT INTO "sightings" VALUES(1,0,1,1,0,1795284000000000,1795284270000000,NULL);
INSERT INTO "sightings" VALUES(1,1,2,2,0,1795284000000000,1795284270000000,NULL);
INSERT INTO "sightings" VALUES(1,2,3,3,0,1795284000000000,1795284270000000,NULL);
INSERT INTO "sightings" VALUES(1,3,4,4,0,1795284000000000,1795284270000000,NULL);
INSERT INTO "sightings" VALUES(1,4,5,5,0,1795284000000000,1795284270000000,NULL);
INSERT INTO "sightings" VALUES(1,5,6,6,0,1795284000000000,1795284270000000,NULL);
INSERT INTO "sightings" VALUES(1,6,7,7,0,1795284000000000,1795284270000000,NULL);
INSERT INTO "sightings" VALUES(1,7,8,8,0,1795284000000000,1795284270000000,NULL);
INSERT INTO "sightings" VALUES(1,8,9,9,1,1795284000000000,1795284270000000,NULL);
CREATE TABLE statements (
	number INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	kind TEXT NOT NULL, 
	id TEXT NOT NULL, 
	document TEXT NOT NULL, 
	CONSTRAINT pk_statements PRIMARY KEY (number), 
	CONSTRAINT uq_statements_digest UNIQUE (digest)
);
CREATE TABLE states (
	number INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	verdict TEXT, 
	kind TEXT NOT NULL, 
	brand TEXT, 
	maker TEXT, 
	model TEXT, 
	firmware TEXT, 
	confidence TEXT, 
	address TEXT, 
	switch TEXT, 
	port TEXT, 
	vlan INTEGER, 
	document TEXT NOT NULL, 
	CONSTRAINT pk_states PRIMARY KEY (number), 
	CONSTRAINT uq_states_digest UNIQUE (digest)
);
INSERT INTO "states" VALUES(1,X'495D7558DAE18E6851FDFF0028FA1663DE9B3B5E','prohibited','camera','annke','hikvision','C800',NULL,'certain','10.20.0.11',NULL,NULL,NULL,'{"key":"mac:bc:ad:28:00:00:0b","site":"Pozna\u0144","ips":["10.20.0.11"],"macs":["bc:ad:28:00:00:0b"],"hostnames":[],"outside_scope":false,"verdict":"prohibited","kind":"camera","form":"dome","brand":"annke","maker":"hikvision","maker_basis":"wire-shows-maker","model":"C800","firmware":null,"serial":null,"confidence":"certain","channels":0,"switch":null,"port":null,"vlan":null,"findings":[{"policy":"uk-department","rule":"uk.hcws386","act":"deploy","force":"instruction","verdict":"prohibited","status":"open","exception":"","because":[]}],"something_else":false}');
INSERT INTO "states" VALUES(2,X'5FAF66FAD7E70522AAD34F872FCC3386BE026AEB','prohibited','nvr','hikvision','hikvision','DS-7804HQH-K1',NULL,'certain','10.20.0.12',NULL,NULL,NULL,'{"key":"mac:bc:ad:28:00:00:0c","site":"Pozna\u0144","ips":["10.20.0.12"],"macs":["bc:ad:28:00:00:0c"],"hostnames":[],"outside_scope":false,"verdict":"prohibited","kind":"nvr","form":null,"brand":"hikvision","maker":"hikvision","maker_basis":"wire-shows-maker","model":"DS-7804HQH-K1","firmware":null,"serial":null,"confidence":"certain","channels":0,"switch":null,"port":null,"vlan":null,"findings":[{"policy":"uk-department","rule":"uk.hcws386","act":"deploy","force":"instruction","verdict":"prohibited","status":"planned","exception":"ex-0123456789ab","because":[]}],"something_else":false}');
INSERT INTO "states" VALUES(3,X'2D6E0322D744A58594B8E46CEE3867C83271204C','restricted','camera','annke','hikvision','C800',NULL,'certain','10.20.0.13',NULL,NULL,NULL,'{"key":"mac:bc:ad:28:00:00:0d","site":"Pozna\u0144","ips":["10.20.0.13"],"macs":["bc:ad:28:00:00:0d"],"hostnames":[],"outside_scope":false,"verdict":"restricted","kind":"camera","form":"dome","brand":"annke","maker":"hikvision","maker_basis":"wire-shows-maker","model":"C800","firmware":null,"serial":null,"confidence":"certain","channels":0,"switch":null,"port":null,"vlan":null,"findings":[{"policy":"uk-department","rule":"uk.hcws386","act":"connect","force":"instruction","verdict":"restricted","status":"open","exception":"","because":[]}],"something_else":false}');
INSERT INTO "states" VALUES(4,X'A5E959D4166872E10AA3998B58A44A2C47115E47','review','camera','annke','hikvision','C800',NULL,'certain','10.20.0.14',NULL,NULL,NULL,'{"key":"mac:bc:ad:28:00:00:0e","site":"Pozna\u0144","ips":["10.20.0.14"],"macs":["bc:ad:28:00:00:0e"],"hostnames":[],"outside_scope":false,"verdict":"review","kind":"camera","form":"dome","brand":"annke","maker":"hikvision","maker_basis":"wire-shows-maker","model":"C800","firmware":null,"serial":null,"confidence":"certain","channels":0,"switch":null,"port":null,"vlan":null,"findings":[{"policy":"uk-department","rule":"uk.hcws386","act":"deploy","force":"instruction","verdict":"review","status":"open","exception":"","because":["site"]}],"something_else":false}');
INSERT INTO "states" VALUES(5,X'5D75C33735A834AB3DC78EC65562A2D4545A7F20','review','camera','annke','hikvision','C800',NULL,'certain','10.20.0.15',NULL,NULL,NULL,'{"key":"mac:bc:ad:28:00:00:0f","site":"Pozna\u0144","ips":["10.20.0.15"],"macs":["bc:ad:28:00:00:0f"],"hostnames":[],"outside_scope":false,"verdict":"review","kind":"camera","form":"dome","brand":"annke","maker":"hikvision","maker_basis":"wire-shows-maker","model":"C800","firmware":null,"serial":null,"confidence":"certain","channels":0,"switch":null,"port":null,"vlan":null,"findings":[{"policy":"uk-department","rule":"uk.hcws386","act":"deploy","force":"instruction","verdict":"review","status":"open","exception":"","because":["site"]}],"something_else":false}');
INSERT INTO "states" VALUES(6,X'69D3639092C71DB93C9CC8430D38CF35DC2273A6','unidentified','camera','annke',NULL,'C800',NULL,'tentative','10.20.0.16',NULL,NULL,NULL,'{"key":"mac:bc:ad:28:00:00:10","site":"Pozna\u0144","ips":["10.20.0.16"],"macs":["bc:ad:28:00:00:10"],"hostnames":[],"outside_scope":false,"verdict":"unidentified","kind":"camera","form":"dome","brand":"annke","maker":null,"maker_basis":null,"model":"C800","firmware":null,"serial":null,"confidence":"tentative","channels":0,"switch":null,"port":null,"vlan":null,"findings":[],"something_else":false}');
INSERT INTO "states" VALUES(7,X'056320EDAD4B989E3C21A516A40C9CC569E7AAAE','not_assessed','unknown',NULL,NULL,NULL,NULL,NULL,'10.20.0.17',NULL,NULL,NULL,'{"key":"mac:bc:ad:28:00:00:11","site":"Pozna\u0144","ips":["10.20.0.17"],"macs":["bc:ad:28:00:00:11"],"hostnames":[],"outside_scope":false,"verdict":"not_assessed","kind":"unknown","form":null,"brand":null,"maker":null,"maker_basis":null,"model":null,"firmware":null,"serial":null,"confidence":null,"channels":0,"switch":null,"port":null,"vlan":null,"findings":[],"something_else":false}');
INSERT INTO "states" VALUES(8,X'E63C04F76DB12C41A1CF02F6FC411C5E3BEC5D2C','no_finding','camera','axis','axis','M3045-V',NULL,'certain','10.20.0.18',NULL,NULL,NULL,'{"key":"mac:bc:ad:28:00:00:12","site":"Pozna\u0144","ips":["10.20.0.18"],"macs":["bc:ad:28:00:00:12"],"hostnames":[],"outside_scope":false,"verdict":"no_finding","kind":"camera","form":"fixed","brand":"axis","maker":"axis","maker_basis":"own-label","model":"M3045-V","firmware":null,"serial":null,"confidence":"certain","channels":0,"switch":null,"port":null,"vlan":null,"findings":[{"policy":"uk-department","rule":"uk.hcws386","act":"deploy","force":"instruction","verdict":"no_finding","status":"open","exception":"","because":[]}],"something_else":false}');
INSERT INTO "states" VALUES(9,X'364AC80E50A3980438F2306BE06B1E55C2BCF4DF','not_applicable','other',NULL,NULL,NULL,NULL,'firm','10.20.0.19',NULL,NULL,NULL,'{"key":"mac:bc:ad:28:00:00:13","site":"Pozna\u0144","ips":["10.20.0.19"],"macs":["bc:ad:28:00:00:13"],"hostnames":[],"outside_scope":true,"verdict":"not_applicable","kind":"other","form":null,"brand":null,"maker":null,"maker_basis":null,"model":null,"firmware":null,"serial":null,"confidence":"firm","channels":0,"switch":null,"port":null,"vlan":null,"findings":[],"something_else":true}');
CREATE INDEX ix_runs_site_started_at ON runs (site, started_at);
CREATE INDEX ix_messages_pack ON messages (pack);
CREATE INDEX ix_assets_site_key ON assets (site, "key");
CREATE INDEX ix_sightings_asset ON sightings (asset);
CREATE INDEX ix_sightings_state ON sightings (state);
CREATE INDEX ix_observed_message ON observed (message);
CREATE INDEX ix_run_statements_statement ON run_statements (statement);
CREATE INDEX ix_heartbeats_site_number ON heartbeats (site, number);
COMMIT;
